"""The buckets that all gateways share, in Redis: what a loop turn asks goes out in one call, on a
cluster in one for each caller, to where that caller's buckets are.

Nothing waits for a Redis that is away: then nobody answers, and who asked decides alone.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any, NamedTuple

import hiredis

from chassis.bus import urls
from chassis.bus.map import Map
from chassis.bus.resp import Connection, Line, pack
from chassis.bus.slots import Address, Slots, slot_of
from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks

log = logger("edge")

PATIENCE_S = 0.5
_LOOK_S = 1.0
_MOST_AT_ONCE = 128

EVERYTHING_REFUSES = 1

Said = Callable[[tuple[int, float] | None], None]
"""Who refuses (0: nobody) and the seconds that go with it; None when Redis does not answer."""


class Take(NamedTuple):
    """One from each of two buckets; steps and periods in microseconds."""

    everything: str
    route: str
    limits: tuple[int, int, int, int]
    said: Said


class Counter:
    """The buckets of one server; the holder of a line."""

    def __init__(
        self, redis_url: str, *, most: int = _MOST_AT_ONCE, clock: Clock, tasks: Tasks
    ) -> None:
        self._most = most
        self._script = files("gateway.rest").joinpath("take.lua").read_text(encoding="utf-8")
        self._digest = hashlib.sha1(self._script.encode(), usedforsecurity=False).hexdigest()
        self._line = Line(redis_url, "limits", self, every=_LOOK_S, clock=clock, tasks=tasks)
        self._connection: Connection | None = None
        self._asking: list[Take] = []
        self._asked: dict[int, tuple[list[Take], asyncio.TimerHandle]] = {}
        self._number = 0

    @property
    def is_up(self) -> bool:
        """Whether asking makes sense now."""
        return self._connection is not None

    def take(self, take: Take) -> None:
        """Ask; `said` is called exactly once, never before this returns."""
        if not self._asking:
            asyncio.get_running_loop().call_soon(self._flush)
        self._asking.append(take)

    def start(self) -> None:
        """Begin to connect."""
        self._line.start()

    async def stop(self) -> None:
        """Hang up."""
        await self._line.stop()

    # Holder of a line.

    def push(self, words: list[Any]) -> None:
        """Nothing is subscribed here."""

    async def up(self, connection: Connection) -> None:
        """Make the script known."""
        await connection.call("SCRIPT", "LOAD", self._script)
        self._connection = connection

    def down(self) -> None:
        """Whoever waits is told that nobody answers."""
        self._connection = None
        for number in list(self._asked):
            self._answer(number, None)

    def tick(self, connection: Connection) -> None:
        """Who asks, looks after the connection."""

    # Asking.

    def _flush(self) -> None:
        takes, self._asking = self._asking, []
        for start in range(0, len(takes), self._most):
            self._send(takes[start : start + self._most])

    def _send(self, takes: list[Take]) -> None:
        self._number = number = self._number + 1
        timer = asyncio.get_running_loop().call_later(PATIENCE_S, self._impatient, number)
        self._asked[number] = takes, timer
        if self._connection is None:
            self._answer(number, None)
            return
        keys = [key for take in takes for key in take[:2]]
        limits = [limit for take in takes for limit in take.limits]
        command = pack("EVALSHA", self._digest, len(keys), *keys, *limits)
        self._connection.write(command, lambda reply: self._answer(number, reply))

    def _answer(self, number: int, reply: Any) -> None:
        takes, timer = self._asked.pop(number, ([], None))
        if timer is not None:
            timer.cancel()
        if isinstance(reply, hiredis.ReplyError):
            log.error("limits.refused", reason=str(reply))
            reply = None
            self._hang_up()
        for at, take in enumerate(takes):
            take.said(None if reply is None else (reply[2 * at], reply[2 * at + 1] / 1e6))

    def _impatient(self, number: int) -> None:
        log.warning("redis.silent", line="limits")
        self._answer(number, None)
        self._hang_up()

    def _hang_up(self) -> None:
        """The line dials anew, and loads the script anew."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.abort()


class Buckets:
    """A part: the counters of one server, or of every server of a cluster."""

    name = "buckets"

    def __init__(self, redis_url: str, *, clock: Clock, tasks: Tasks) -> None:
        self._clock = clock
        self._tasks = tasks
        self._place = urls.cluster(redis_url)
        self._alone: Counter | None = None
        self._there: dict[Address, Counter] = {}
        self._slots = Slots([])
        self._map: Map | None = None
        if self._place is None:
            self._alone = Counter(redis_url, clock=clock, tasks=tasks)
        else:
            self._map = Map(
                self._place, follow=self._follow, trusted=self._trusted, clock=clock, tasks=tasks
            )

    @property
    def is_up(self) -> bool:
        """Whether asking makes sense now."""
        return any(counter.is_up for counter in self._counters())

    def take(self, take: Take) -> None:
        """Ask; `said` is called exactly once, never before this returns."""
        counter = self._alone or self._counter(take.everything)
        if counter is None:
            asyncio.get_running_loop().call_soon(take.said, None)
        else:
            counter.take(take)

    async def start(self) -> None:
        """Begin to connect."""
        if self._map is not None:
            self._map.start()
        for counter in self._counters():
            counter.start()

    async def stop(self) -> None:
        """Hang up."""
        if self._map is not None:
            await self._map.stop()
        for counter in self._counters():
            await counter.stop()

    def trouble(self) -> str | None:
        """Without Redis each gateway counts alone, which keeps nobody from serving."""
        return None

    def _counters(self) -> Iterable[Counter]:
        return (self._alone,) if self._alone is not None else self._there.values()

    def _counter(self, key: str) -> Counter | None:
        owner = self._slots.owner(slot_of(key))
        return self._there.get(owner) if owner is not None else None

    def _trusted(self) -> list[Address]:
        return [address for address, counter in self._there.items() if counter.is_up]

    async def _follow(self, slots: Slots) -> None:
        assert self._place is not None
        self._slots = slots
        for address in slots.servers - self._there.keys():
            # A call's keys have to lie in one slot: only those of one caller do.
            self._there[address] = Counter(
                self._place.at(address), most=1, clock=self._clock, tasks=self._tasks
            )
            self._there[address].start()
        for gone in self._there.keys() - slots.servers:
            await self._there.pop(gone).stop()
