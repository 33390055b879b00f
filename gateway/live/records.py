"""What another gateway needs to go on with a session: one hash in Redis for each, written in
batches, and only by whoever holds the claim to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import orjson
from redis.exceptions import RedisError

from chassis.logs import logger
from contracts import limits
from contracts.identity import Kind
from contracts.objects.presence import Status
from contracts.topics import session_key
from contracts.wire import JSON
from gateway.live.payloads import Shown
from gateway.live.replay import Stay
from gateway.live.seams import Store
from gateway.live.viewer import Viewer

log = logger("records")

RENEW_EVERY_S = 55.0
_LIFE_S = limits.RESUMABLE_FOR_S + 90
"""A renewal comes with every second heartbeat; after the last one the promised time must remain."""
_BATCH = 500

_PUT = """
local claim = redis.call('HGET', KEYS[1], 'claim')
if claim and claim ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'claim', ARGV[1], 'body', ARGV[2], 'seen', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""
_TOUCH = """
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'seen', ARGV[2])
return redis.call('EXPIRE', KEYS[1], ARGV[3])
"""
_DROP = """
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
_TAKE = """
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'claim', ARGV[2])
return redis.call('EXPIRE', KEYS[1], ARGV[3])
"""


@dataclass(frozen=True, slots=True)
class Record:
    """A session as it is remembered."""

    user_id: int
    kind: Kind
    intents: int
    shard: tuple[int, int] | None
    first: int
    high: int
    order: tuple[int, ...]
    stays: tuple[Stay, ...]
    epoch: str
    shown: Shown
    platform: str
    caught_up: tuple[int, ...] = ()
    custom: JSON | None = None
    unavailable: tuple[tuple[int, int], ...] = ()
    claim: str = ""
    seen: int = 0

    @property
    def node(self) -> str:
        """The address of the gateway that has the session, host:port."""
        return self.claim.partition("/")[0]

    def guilds_at(self, seq: int) -> set[int]:
        """Where the session was when its client had got everything up to this number."""
        at = max(seq, self.high)
        stays = {guild for guild, since, until in self.stays if since <= at < (until or at + 1)}
        return stays - self.unseen_at(seq)

    def unseen_at(self, seq: int) -> set[int]:
        """Guilds that READY did not show, and that were not surely shown to its client later: what
        shows them has the number of what came before it.
        """
        return {guild for guild, told in self.unavailable if not told or seq <= told}


def encode(viewer: Viewer, epoch: str, joining: dict[int, int] | None = None) -> bytes:
    """The body of a live session's record; `joining` are guilds it is about to be let into."""
    coming = [(g, s, 0) for g, s in (joining or {}).items() if g not in viewer.guilds]
    shown = viewer.shown
    return orjson.dumps(
        {
            "user": viewer.user_id,
            "kind": viewer.kind,
            "intents": viewer.intents,
            "shard": viewer.shard,
            "first": viewer.first,
            "high": viewer.high,
            "order": viewer.order,
            "guilds": [*viewer.stays, *coming],
            "epoch": epoch,
            "shown": [shown.status, shown.activities, shown.since],
            "platform": viewer.platform,
            "caught_up": viewer.caught_up,
            "custom": viewer.custom,
            "unavailable": list(viewer.unavailable.items()),
        }
    )


def decode(fields: dict[bytes, bytes]) -> Record:
    """A record from its hash."""
    body: dict[str, Any] = orjson.loads(fields[b"body"])
    status, activities, since = body["shown"]
    shard = body["shard"]
    return Record(
        user_id=body["user"],
        kind=Kind(body["kind"]),
        intents=body["intents"],
        shard=(shard[0], shard[1]) if shard else None,
        first=body["first"],
        high=body["high"],
        order=tuple(body["order"]),
        stays=tuple((g, begin, end) for g, begin, end in body["guilds"]),
        epoch=body["epoch"],
        shown=Shown(Status(status), tuple(activities), since),
        platform=body["platform"],
        custom=body.get("custom"),
        unavailable=tuple((guild, told) for guild, told in body.get("unavailable", ())),
        caught_up=tuple(body.get("caught_up", ())),
        claim=fields[b"claim"].decode(),
        seen=int(fields[b"seen"]),
    )


class Records:
    """The records of this process's sessions. `node` is this gateway's RPC address, host:port;
    `schedule` is told when there is something to flush.
    """

    def __init__(self, store: Store, *, node: str, epoch: Callable[[], str | None]) -> None:
        self.schedule: Callable[[], None] = _nothing
        self._store = store
        self._epoch = epoch
        self._claim = f"{node}/{token_hex(4)}"
        self._node = node
        self._stale: dict[str, Viewer] = {}
        self._touched: dict[str, Viewer] = {}
        self._dropped: dict[str, str] = {}
        self._waiting: list[asyncio.Future[None]] = []

    def is_here(self, record: Record) -> bool:
        """Whether a gateway of this address has, or had, the session."""
        return record.node == self._node

    @property
    def is_pending(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._stale or self._touched or self._dropped)

    def claim(self, viewer: Viewer) -> None:
        """A new session is ours."""
        viewer.claim = self._claim

    def put(self, viewer: Viewer) -> None:
        """It is new, or changed."""
        self._stale[viewer.session_id] = viewer
        self.schedule()

    async def tried(self, viewer: Viewer) -> None:
        """Return when it was written with whatever else waits, or could not be and waits on."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self.put(viewer)
        await waiting

    def touch(self, viewer: Viewer, now: float) -> None:
        """It lives, and `seen` may have moved."""
        viewer.renewed_at = now
        self._touched[viewer.session_id] = viewer
        self.schedule()

    def drop(self, viewer: Viewer) -> None:
        """Its client gave it up."""
        self._stale.pop(viewer.session_id, None)
        self._touched.pop(viewer.session_id, None)
        self._dropped[viewer.session_id] = viewer.claim
        self.schedule()

    async def flush(self) -> None:
        """Write what waits; what can not be written now waits on."""
        is_away = False
        while self.is_pending and not is_away:
            waiting, self._waiting = self._waiting, []
            try:
                is_away = not await self._flush()
            finally:
                for one in waiting:
                    if not one.done():
                        one.set_result(None)

    async def _flush(self) -> bool:
        stale, touched, dropped = self._stale, self._touched, self._dropped
        self._stale, self._touched, self._dropped = {}, {}, {}
        writes = [(_PUT, viewer) for viewer in stale.values()]
        writes += [(_TOUCH, viewer) for viewer in touched.values()]
        try:
            for start in range(0, len(writes), _BATCH):
                await self._write(writes[start : start + _BATCH])
            await self._delete(dropped)
        except RedisError as error:
            log.warning("records.unwritten", count=len(writes), reason=str(error))
            self._stale = {**stale, **self._stale}
            self._touched = {**touched, **self._touched}
            self._dropped = {**dropped, **self._dropped}
            return False
        return True

    async def save(self, viewer: Viewer, joining: dict[int, int]) -> None:
        """Write it now: these guilds are about to be told to its client."""
        key, body = session_key(viewer.session_id), encode(viewer, self._epoch() or "", joining)
        await self._store.eval(_PUT, 1, key, viewer.claim, body, viewer.seen, _LIFE_S)

    async def load(self, session_id: str) -> Record | None:
        """A session of any gateway, while it can be resumed."""
        fields = await self._store.hgetall(session_key(session_id))
        return decode(fields) if b"body" in fields else None

    async def take_over(self, session_id: str, former: str) -> str | None:
        """Make the session ours if nobody else did meanwhile; the new claim."""
        claim = f"{self._node}/{token_hex(4)}"
        key = session_key(session_id)
        taken = await self._store.eval(_TAKE, 1, key, former, claim, _LIFE_S)
        return claim if taken else None

    async def _write(self, writes: list[tuple[str, Viewer]]) -> None:
        pipe = self._store.pipeline(transaction=False)
        for script, viewer in writes:
            key = session_key(viewer.session_id)
            seen = viewer.seen
            if script is _PUT:
                body = encode(viewer, self._epoch() or "")
                pipe.eval(_PUT, 1, key, viewer.claim, body, seen, _LIFE_S)
            else:
                pipe.eval(_TOUCH, 1, key, viewer.claim, seen, _LIFE_S)
        await pipe.execute()

    async def _delete(self, dropped: dict[str, str]) -> None:
        if dropped:
            pipe = self._store.pipeline(transaction=False)
            for session_id, claim in dropped.items():
                pipe.eval(_DROP, 1, session_key(session_id), claim)
            await pipe.execute()


def _nothing() -> None:
    """Nobody flushes yet."""
