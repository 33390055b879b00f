"""The buckets that all gateways share, in Redis: what a loop turn asks goes out in one call.

Nothing waits for a Redis that is away: then nobody answers, and who asked decides alone.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from importlib.resources import files
from typing import Any, NamedTuple

import hiredis

from chassis.bus.resp import Connection, Line, pack
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


class Buckets:
    """A part, and the holder of a line."""

    name = "buckets"

    def __init__(self, redis_url: str, *, clock: Clock, tasks: Tasks) -> None:
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

    async def start(self) -> None:
        """Begin to connect."""
        self._line.start()

    async def stop(self) -> None:
        """Hang up."""
        await self._line.stop()

    def trouble(self) -> str | None:
        """Without Redis each gateway counts alone, which keeps nobody from serving."""
        return None

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
        for start in range(0, len(takes), _MOST_AT_ONCE):
            self._send(takes[start : start + _MOST_AT_ONCE])

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
