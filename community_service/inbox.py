"""Events that this service reacts to. A changed face is exchanged in every community of its owner,
and told there; what is missed while Redis or the database is away, the age of a kept face mends.
What other services govern is written into the audit log; what was said while nobody listened here
is read when the service starts, as far back as the bus remembers.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from chassis.bus import Bus, ReplayGone
from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from community_service import actions
from community_service.tools import Units
from contracts import limits, topics
from contracts.events.audit import Governed
from contracts.events.base import open_as, unpack
from contracts.events.user import FaceChanged
from contracts.identity import NOBODY
from contracts.ids import EPOCH_MS
from contracts.objects.user import User
from contracts.topics import Topic

log = logger("inbox")

_REMEMBERED_MS = (limits.REPLAY_FOR_S - 5) * 1_000

_AGAIN_S = 1.0
_WAITING = 10_000
_AWAY = (DBAPIError, PoolTimeoutError, RedisError, OSError)


class Inbox:
    """Takes changed faces in, one after the other; of several of one person only the newest."""

    name = "inbox"

    def __init__(self, units: Units, *, clock: Clock, tasks: Tasks) -> None:
        self._units = units
        self._clock = clock
        self._tasks = tasks
        self._waiting: OrderedDict[int, User] = OrderedDict()
        self._news = asyncio.Event()

    async def start(self) -> None:
        """Begin to take in."""
        self._tasks.spawn("inbox", self._work(), fatal=True)

    async def stop(self) -> None:
        """What still waits is found by its age."""

    def trouble(self) -> str | None:
        """None: old faces are no reason to serve nobody."""
        return None

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """An event."""
        del topic, n, stamp
        header, body = unpack(record)
        if header.name != FaceChanged.__name__:
            return
        user = open_as(FaceChanged, body).user
        self._waiting.pop(user.id, None)
        self._waiting[user.id] = user
        if len(self._waiting) > _WAITING:
            self._waiting.popitem(last=False)
        self._news.set()

    def lost(self, topic: Topic) -> None:
        """Some faces stay as they were until they are old."""
        log.warning("events.lost", topic=topic)

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                _, user = self._waiting.popitem(last=False)
                await self._take_in(user)

    async def _take_in(self, user: User) -> None:
        after: int | None = 0
        while after is not None:
            try:
                async with self._units.open(NOBODY) as unit:
                    after = await actions.people.take_in(unit, user, after=after)
            except _AWAY as error:
                log.warning("inbox.postponed", error=repr(error))
                await self._clock.sleep(_AGAIN_S)
                # A newer look may have come meanwhile.
                user = self._waiting.pop(user.id, user)


class Deeds:
    """Writes down what other services govern. To hear of a deed twice does no harm."""

    name = "deeds"

    def __init__(self, bus: Bus, units: Units, *, clock: Clock, tasks: Tasks) -> None:
        self._bus = bus
        self._units = units
        self._clock = clock
        self._tasks = tasks
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()
        self._is_current = False

    async def start(self) -> None:
        """Begin to listen; Redis and the database may come later."""
        self._tasks.spawn("deeds", self._work(), fatal=True)

    async def stop(self) -> None:
        """Stop listening."""
        self._bus.unsubscribe(topics.DEEDS, self)

    def trouble(self) -> str | None:
        """None once it listens: what waits is written down sooner or later."""
        return None if self._is_current else "deeds: still catching up"

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """A deed."""
        del topic, n, stamp
        if self._waiting.qsize() < _WAITING:
            self._waiting.put_nowait(record)
        else:
            log.error("deed.dropped")

    def lost(self, topic: Topic) -> None:
        """Some deeds are not in the log."""
        log.error("events.lost", topic=topic)

    async def _work(self) -> None:
        await self._bus.subscribe(topics.DEEDS, self)
        await self._persist(self._catch_up)
        self._is_current = True
        while True:
            record = await self._waiting.get()
            await self._persist(partial(self._take_in, record))

    async def _catch_up(self) -> None:
        since = (self._clock.now_ms() - _REMEMBERED_MS - EPOCH_MS) * 1_000
        try:
            missed = await self._bus.replay([topics.DEEDS], since)
        except ReplayGone:
            self.lost(topics.DEEDS)
            return
        for _, _, _, record in missed:
            await self._take_in(record)

    async def _take_in(self, record: bytes) -> None:
        header, body = unpack(record)
        if header.name != Governed.__name__:
            return
        deed = open_as(Governed, body)
        async with self._units.open(NOBODY) as unit:
            if await actions.audit.take_in(unit, header.event_id, deed) and deed.silence_s:
                await actions.automod.silence(unit, deed)

    async def _persist(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await work()
            except _AWAY as error:
                log.warning("inbox.postponed", error=repr(error))
                await self._clock.sleep(_AGAIN_S)
