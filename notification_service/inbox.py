"""Events that this service reacts to. A reaction may happen twice without harm, and notes how far
events were heard: what came while the service was down is read when it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from chassis.bus import Bus, ReplayGone
from chassis.clock import Clock
from chassis.db import Units
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts import topics
from contracts.events.base import open_as, unpack
from contracts.events.session import LoginEnded
from contracts.identity import NOBODY
from contracts.topics import Topic
from notification_service import actions
from notification_service.domain import Heard

log = logger("inbox")

_AGAIN_S = 1.0
_AWAY = (DBAPIError, PoolTimeoutError, RedisError, OSError)


class Inbox:
    """Hears of login sessions that end: a part."""

    name = "inbox"

    def __init__(self, bus: Bus, units: Units[None], *, clock: Clock, tasks: Tasks) -> None:
        self._bus = bus
        self._units = units
        self._clock = clock
        self._tasks = tasks
        self._waiting: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self._is_current = False

    async def start(self) -> None:
        """Begin to listen; Redis and the database may come later."""
        self._tasks.spawn("inbox", self._listen(), fatal=True)

    async def stop(self) -> None:
        """Stop listening."""
        self._bus.unsubscribe(topics.IDENTITY, self)

    def trouble(self) -> str | None:
        """Whether what happened while the service was down has been read."""
        return None if self._is_current else "still catching up"

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """An event."""
        self._waiting.put_nowait((stamp, record))

    def lost(self, topic: Topic) -> None:
        """Sessions may have ended unheard: their devices stay."""
        log.error("events.lost", topic=topic)

    async def _listen(self) -> None:
        await self._bus.subscribe(topics.IDENTITY, self)
        await self._persist(self._catch_up)
        self._is_current = True
        while True:
            stamp, record = await self._waiting.get()
            await self._persist(lambda: self._react(stamp, record))  # noqa: B023 - awaited here

    async def _catch_up(self) -> None:
        async with self._units.reading(NOBODY) as unit:
            heard = await actions.heard(unit, topics.IDENTITY)
        if heard is None:
            since = Heard(self._bus.epoch or "", self._bus.live_since(topics.IDENTITY) or 0)
            async with self._units.open(NOBODY) as unit:
                await actions.begin_hearing(unit, topics.IDENTITY, since)
            return
        try:
            missed = await self._bus.replay(
                [topics.IDENTITY], heard.stamp, epoch=heard.epoch or None
            )
        except ReplayGone:
            self.lost(topics.IDENTITY)
            return
        for _, _, stamp, record in missed:
            await self._react(stamp, record)

    async def _react(self, stamp: int, record: bytes) -> None:
        header, body = unpack(record)
        if header.name == LoginEnded.__name__:
            at = Heard(self._bus.epoch or "", stamp)
            async with self._units.open(NOBODY) as unit:
                await actions.end_login(unit, open_as(LoginEnded, body), at)

    async def _persist(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await work()
            except _AWAY as error:
                log.warning("inbox.postponed", error=repr(error))
                await self._clock.sleep(_AGAIN_S)
