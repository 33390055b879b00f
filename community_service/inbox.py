"""Events that this service reacts to: a changed face is exchanged in every community of its owner,
and told there. What is missed while Redis or the database is away, the age of a kept face mends.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from community_service import actions
from community_service.tools import Units
from contracts.events.base import open_as, unpack
from contracts.events.user import FaceChanged
from contracts.identity import NOBODY
from contracts.objects.user import User
from contracts.topics import Topic

log = logger("inbox")

_AGAIN_S = 1.0
_WAITING = 10_000
_AWAY = (DBAPIError, PoolTimeoutError, OSError)


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
