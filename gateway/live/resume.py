"""RESUME answered, on whichever gateway: exactly what was missed, in order, then live; or refused.

What this process did not hear itself is read from the replay streams; the two are joined at the
stamp from which on each topic is heard here. Anything that can not be proven is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

import orjson

from chassis.bus import ReplayGone
from chassis.logs import logger
from contracts.closecodes import Close
from contracts.errors import Unavailable
from contracts.events.base import unpack
from contracts.identity import Identity
from contracts.intents import Intent
from contracts.rpc.edge import ReleaseSession
from contracts.topics import Topic
from gateway.live import recall, telling
from gateway.live.arrival import ROUNDS, Arrival, Restless
from gateway.live.hub import Hub
from gateway.live.missed import Known, Teller, caught_up, known_at, moments_ahead
from gateway.live.records import Record, Records
from gateway.live.replay import Entry, follow, merge, stays_after
from gateway.live.seams import Asks
from gateway.live.viewer import Viewer

log = logger("resume")


@dataclass(frozen=True, slots=True)
class Stored:
    """What the replay streams hold of a time, and how far this process had heard when they were
    read. Without entries: nothing had to be read.
    """

    entries: tuple[Entry, ...] = ()
    upto: int = 0
    is_needed: bool = False


class Resuming:
    """Lets former sessions go on."""

    def __init__(self, hub: Hub, calls: Asks, records: Records) -> None:
        self._hub = hub
        self._calls = calls
        self._records = records
        self._under_way: dict[str, bool] = {}
        """Sessions that are being taken over here, and whether they still are ours."""

    async def find(self, session_id: str, seq: int, identity: Identity) -> Record | None:
        """The session, if it is this person's and may be gone on with from there."""
        if self._records.is_pending:
            await self._records.flush()
        record = await self._records.load(session_id)
        if record is None or record.user_id != identity.user_id or record.kind != identity.kind:
            return None
        newest = max(await self._hub.bus.newest(), self._hub.s)
        is_possible = record.first <= seq <= max(newest, record.high)
        return record if is_possible and record.epoch == self._hub.bus.epoch else None

    async def go_on(
        self, viewer: Viewer, record: Record, seq: int, identity: Identity, *, since: int
    ) -> bool:
        """Take the session over and tell what was missed; False: it is refused. `since` is the
        ring's mark before the token was looked at. Raises Unavailable with nothing said.
        """
        session_id = viewer.session_id
        if session_id in self._under_way:
            return False
        self._under_way[session_id] = True
        try:
            claim = await self._records.take_over(session_id, record.claim)
            if claim is None:
                return False
            viewer.claim = claim
            await self._release(session_id, record.node, claim)
            viewer.seen = record.seen
            viewer.unavailable = dict.fromkeys(record.unseen_at(seq), 0)
            arrival = Arrival(
                self._hub,
                identity,
                wants_guild=viewer.wants_guild,
                since=since,
                spares=viewer.unavailable.__contains__,
            )
            with arrival:
                return await self._catch_up(viewer, record, seq, arrival)
        except ReplayGone as gone:
            log.info("resume.refused", session=session_id, reason=str(gone))
            return False
        finally:
            del self._under_way[session_id]

    def revoke(self, session_id: str) -> None:
        """Another gateway takes it over as well, and later."""
        if session_id in self._under_way:
            self._under_way[session_id] = False

    async def _release(self, session_id: str, node: str, claim: str) -> None:
        former = self._hub.viewers.get(session_id)
        if former is not None:
            former.link.close(Close.TAKEN_OVER)
        host, _, port = node.rpartition(":")
        if node == claim.partition("/")[0] or not port.isdigit():
            return
        # A gateway that does not answer is gone, or will find its claim taken.
        with suppress(Unavailable):
            await self._calls.ask_at((host, int(port)), ReleaseSession(session_id=session_id))

    async def _catch_up(self, viewer: Viewer, record: Record, seq: int, arrival: Arrival) -> bool:
        hub = self._hub
        for _ in range(ROUNDS):
            await arrival.gather(with_self=False)
            start = max(seq, record.high)
            since, stored = await self._missed(arrival.topics, record, start)
            recalled = await self._recall(viewer, record, seq, arrival)
            if arrival.is_current() and hub.ring.reaches(stored.upto):
                break
        else:
            raise Restless
        if arrival.is_dead:
            viewer.link.close(Close.AUTHENTICATION_FAILED)
        elif hub.bus.epoch != record.epoch or not self._under_way[viewer.session_id]:
            return False
        else:
            entries = raised(heard_since(hub, since, arrival.topics, stored), start)
            return self._go_live(viewer, record, seq, arrival, entries, recalled=recalled)
        return True

    async def _recall(self, viewer: Viewer, record: Record, seq: int, arrival: Arrival) -> Known:
        """What the former gateway knows of guilds that were not heard here all the time."""
        if record.node == viewer.claim.partition("/")[0]:
            return {}
        start = max(seq, record.high)
        moments = (start, *moments_ahead(record.caught_up, start))
        cold = [
            guild_id
            for guild_id in record.guilds_at(seq) & arrival.guilds.keys()
            if arrival.guilds[guild_id].past.since > min(moments)
        ]
        return await recall.ask(self._calls, record.node, viewer.user_id, moments, cold)

    async def _missed(
        self, asked: frozenset[Topic], record: Record, since: int
    ) -> tuple[int, Stored]:
        if self._has_heard(asked, since) and self._records.is_here(record):
            return since, Stored(upto=since)
        # What another gateway told in the order of its own hearing may have been told later there.
        blur = self._hub.bus.blur
        back = blur + self._hub.lags.most if blur else 0
        try:
            return since - back, await self._read(asked, since - back, record.epoch)
        except ReplayGone:
            # A client that may see little of what is said has an old number; but it may have
            # proven that nothing it may see is missing until later.
            if record.seen <= since:
                raise
            seen = record.seen - back
            return seen, await self._read(asked, seen, record.epoch)

    async def _read(self, asked: frozenset[Topic], since: int, epoch: str) -> Stored:
        hub = self._hub
        if self._has_heard(asked, since):
            return Stored(upto=since)
        upto = hub.s
        found = await hub.bus.replay(sorted(asked), since, epoch=epoch)
        return Stored(tuple(map(as_entry, found)), upto, is_needed=True)

    def _has_heard(self, asked: frozenset[Topic], since: int) -> bool:
        """Whether the ring holds all that these topics told after that."""
        heard = [self._hub.bus.live_since(topic) for topic in asked]
        return self._hub.ring.reaches(since) and all(s is not None and s <= since for s in heard)

    def _go_live(
        self,
        viewer: Viewer,
        record: Record,
        seq: int,
        arrival: Arrival,
        entries: list[Entry],
        *,
        recalled: Known,
    ) -> bool:
        hub = self._hub
        here = {g for g in arrival.members if g in arrival.guilds}
        began = record.guilds_at(seq)
        start = max(seq, record.high)
        ahead = moments_ahead(record.caught_up, start)
        places = {guild_id: arrival.guilds[guild_id] for guild_id in began & here}
        known = known_at(places, arrival.members, (start, *ahead), entries, recalled)
        if known is None:
            return False
        hub.raise_to([*arrival.stamps(), seq, *(entry.s for entry in entries[-1:])])
        viewer.first, viewer.high, viewer.order = record.first, record.high, record.order
        guilds = set(began)
        missed = list(follow(entries, guilds, here.__contains__))
        former = (stay for stay in record.stays if stay[0] not in viewer.unavailable)
        stays = stays_after(former, missed)
        viewer.settle([stay for stay in stays if stay[2] or stay[0] in guilds & here], hub.s)
        hub.attach(viewer)
        for guild_id in guilds & here:
            standing = arrival.members[guild_id].standing
            arrival.guilds[guild_id].attach(viewer, standing, arrival.joined)
        self._tell_rest_of_ready(viewer, seq, began & here, arrival)
        viewer.caught_up = caught_up(ahead, start, missed, viewer.user_id, hub.s)
        teller = Teller(hub, viewer, arrival.guilds, arrival.members, start, is_ahead=bool(ahead))
        teller.tell(missed, known)
        for guild_id in sorted(guilds - here):
            # No event tells of it: the person is out all the same.
            telling.tell(viewer, hub.s, "GUILD_DELETE", orjson.dumps({"id": str(guild_id)}))
        telling.tell(viewer, hub.s, "RESUMED", b'{"_trace":[]}')
        self._records.put(viewer)
        return True

    def _tell_rest_of_ready(
        self, viewer: Viewer, seq: int, guilds: Iterable[int], arrival: Arrival
    ) -> None:
        for number, guild_id in enumerate(viewer.order, viewer.first + 1):
            if number > seq and guild_id in guilds and viewer.intents & Intent.GUILDS:
                guild, member = arrival.guilds[guild_id], arrival.members[guild_id]
                telling.tell_guild(viewer, guild, member, s=number, is_new=False)


def heard_since(hub: Hub, since: int, asked: frozenset[Topic], stored: Stored) -> list[Entry]:
    """All after `since`: from the streams up to where the ring begins, then from the ring."""
    heard = hub.ring.since(since, asked)
    if not stored.is_needed:
        return heard
    forgotten = hub.ring.forgotten

    def begins(topic: Topic) -> int:
        return max(hub.bus.live_since(topic) or 0, forgotten)

    return merge(stored.entries, heard, begins)


def raised(entries: list[Entry], start: int) -> list[Entry]:
    """With none at a number that the client has had."""
    return [entry if entry.s > start else replace(entry, s=start + 1) for entry in entries]


def as_entry(replayed: tuple[Topic, int, int, bytes]) -> Entry:
    """An entry of a replay stream as one of the ring."""
    topic, _, stamp, record = replayed
    header, body = unpack(record)
    return Entry(stamp, topic, header, body)
