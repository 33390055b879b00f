"""What presence_service does: carry out what gateways report, let the silent lapse, announce what
changed, and answer who is here.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.ids import UserId
from contracts.objects.presence import Presence
from contracts.rpc.presence import Attention, PresenceDelta, PresenceDigest, PresenceSnapshot, Seat
from presence_service import views
from presence_service.announcing import Announcer
from presence_service.domain import Book, Changes, attention, fold
from presence_service.store import CHUNK, Change, Claim, Hold, Leases, Leave

log = logger("presence")


@dataclass(frozen=True, slots=True)
class Spans:
    """How long things last."""

    lease_s: float
    grace_s: float


@dataclass(frozen=True, slots=True)
class Tools:
    """What every action works with."""

    leases: Leases
    announcer: Announcer
    clock: Clock
    tasks: Tasks
    spans: Spans
    book: Book = field(default_factory=Book)
    turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """One for each gateway: what it said first is written first."""
    waiting: dict[str, Changes] = field(default_factory=dict)
    """What a gateway said and nobody has begun to write."""


def hear_snapshot(tools: Tools, said: PresenceSnapshot) -> None:
    """A gateway tells everything it holds; what it does not name has left."""
    changes = tools.book.snapshot(said, tools.clock.monotonic())
    if changes is None:
        log.info("snapshot.outdated", gateway=said.instance, epoch=said.epoch)
        return
    log.info("snapshot.heard", gateway=said.instance, sessions=len(said.seats))
    _take_on(tools, said.instance, changes)


def hear_delta(tools: Tools, said: PresenceDelta) -> None:
    """A gateway tells what changed."""
    changes = tools.book.delta(said, tools.clock.monotonic())
    if changes is not None and (changes.opened or changes.closed):
        _take_on(tools, said.instance, changes)


def compare(tools: Tools, said: PresenceDigest) -> bool:
    """Whether this process holds what the gateway holds."""
    return tools.book.agrees(said, tools.clock.monotonic())


async def renew(tools: Tools) -> None:
    """Prolong the leases of every gateway that is heard. Counted from when it was heard last: a
    gateway that went silent lapses in time, however often this runs.
    """
    now = tools.clock.monotonic()
    for reporter in tuple(tools.book):
        left = tools.spans.lease_s - (now - reporter.heard_at)
        if left > 0:
            async with tools.turns[reporter.instance]:
                until = tools.clock.now_ms() + int(left * 1000)
                seats = tuple(reporter.seats.values())
                claims = await _write(tools, reporter.instance, seats, until, is_renewal=True)
            await tools.announcer.announce(claims)


async def sweep(tools: Tools) -> None:
    """Look at everybody whose moment has come: leases lapse, graces end, and what another process
    began to announce and did not finish is announced.
    """
    while True:
        now = tools.clock.now_ms()
        people, mark = await tools.leases.pick_due(now, CHUNK)
        if not people:
            break
        outcomes = await tools.leases.apply(dict.fromkeys(people, ()), now)
        claims = [each.claim for each in outcomes if each.claim is not None]
        failed = await tools.announcer.announce(claims)
        due = {each.user_id: each.due_ms for each in outcomes if each.user_id not in failed}
        await tools.leases.put_back(due | failed, mark)
    for instance in tools.book.forget_silent(tools.clock.monotonic(), tools.spans.lease_s):
        tools.turns.pop(instance, None)
        log.warning("gateway.silent", gateway=instance)


async def presences_of(tools: Tools, user_ids: Sequence[UserId]) -> tuple[Presence, ...]:
    """How present these people are, to others. Who is not is left out."""
    now = tools.clock.now_ms()
    found = await tools.leases.read(user_ids)
    shown = ((user_id, fold(leases, now)) for user_id, leases in found.items())
    return tuple(views.presence(user_id, each) for user_id, each in shown if not each.is_offline)


async def attentions_of(tools: Tools, user_ids: Sequence[UserId]) -> tuple[Attention, ...]:
    """Where the eyes of these people are. Who has no session is left out."""
    now = tools.clock.now_ms()
    found = await tools.leases.read(user_ids)
    seen = (attention(user_id, leases, now) for user_id, leases in found.items())
    return tuple(each for each in seen if each is not None)


def _take_on(tools: Tools, instance: str, changes: Changes) -> None:
    waiting = tools.waiting.get(instance)
    tools.waiting[instance] = changes if waiting is None else waiting.then(changes)
    if waiting is None:
        tools.tasks.spawn("presence:carry_out", _carry_out(tools, instance))


async def _carry_out(tools: Tools, instance: str) -> None:
    async with tools.turns[instance]:
        changes = tools.waiting.pop(instance)
        until = tools.clock.now_ms() + int(tools.spans.lease_s * 1000)
        try:
            closed = dict(changes.closed)
            if changes.is_whole:
                kept = await tools.leases.sessions_of(instance)
                closed |= {name: user for name, user in kept.items() if name not in changes.opened}
            opened = changes.opened.values()
            claims = await _write(tools, instance, opened, until, closed=closed)
        except (RedisError, OSError) as error:
            # Who is told of a change twice is not wrong; who is not told at all would be.
            tools.book.doubt(instance)
            log.warning("report.not_kept", gateway=instance, error=repr(error))
            return
    await tools.announcer.announce(claims)


async def _write(
    tools: Tools,
    instance: str,
    opened: Iterable[Seat],
    until: int,
    *,
    closed: dict[str, UserId] | None = None,
    is_renewal: bool = False,
) -> list[Claim]:
    now = tools.clock.now_ms()
    graced = now + int(tools.spans.grace_s * 1000)
    seats, gone = list(opened), closed or {}
    changes: defaultdict[UserId, list[Change]] = defaultdict(list)
    for session_id, user_id in gone.items():
        changes[user_id].append(Leave(instance, session_id, graced))
    for seat in seats:
        changes[seat.user_id].append(Hold(instance, seat, until, is_renewal))
    # Listed before they are held and until they have left: a crash in between leaves a name too
    # many, never one too few.
    keep_s = 2 * tools.spans.lease_s
    await tools.leases.list_sessions(instance, seats, (), keep_s=keep_s)
    outcomes = await tools.leases.apply(changes, now)
    await tools.leases.list_sessions(instance, (), gone, keep_s=keep_s)
    return [each.claim for each in outcomes if each.claim is not None]
