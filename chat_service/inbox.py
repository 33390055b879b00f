"""Events that this service reacts to, of every guild: somebody joins, and is greeted; channels,
guilds and the words of banned people are to go. A reaction may happen twice without harm, and notes
how far events were heard: what came while the service was down is read when it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from chassis.bus import ReplayGone
from chassis.logs import logger
from chassis.tasks import Tasks
from chat_service.actions import reacting
from chat_service.actions.chat import Chat
from chat_service.actions.reacting import Heard
from contracts import topics
from contracts.errors import Unavailable
from contracts.events.base import unpack
from contracts.topics import Topic

log = logger("inbox")

_AGAIN_S = 1.0
_AWAY = (DBAPIError, PoolTimeoutError, RedisError, OSError, Unavailable)


class Inbox:
    """Hears what concerns messages: a part."""

    name = "inbox"

    def __init__(self, chat: Chat, *, tasks: Tasks) -> None:
        self._chat = chat
        self._tasks = tasks
        self._waiting: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()

    async def start(self) -> None:
        """Begin to listen; Redis, the database and neighbours may come later."""
        self._tasks.spawn("inbox", self._listen(), fatal=True)

    async def stop(self) -> None:
        """Stop listening."""
        self._chat.bus.unsubscribe(topics.NEWS, self)

    def trouble(self) -> str | None:
        """Sends do not wait for it."""
        return None

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """An event."""
        self._waiting.put_nowait((stamp, record))

    def lost(self, topic: Topic) -> None:
        """Something may stay that was to go."""
        log.error("events.lost", topic=topic)

    async def _listen(self) -> None:
        await self._chat.bus.subscribe(topics.NEWS, self)
        await self._persist(self._catch_up)
        while True:
            stamp, record = await self._waiting.get()
            await self._persist(lambda: self._react(stamp, record))  # noqa: B023 - awaited here

    async def _catch_up(self) -> None:
        bus = self._chat.bus
        heard = await reacting.heard(self._chat, topics.NEWS)
        if heard is None:
            since = Heard(bus.epoch or "", bus.live_since(topics.NEWS) or 0)
            await reacting.begin(self._chat, topics.NEWS, since)
            return
        try:
            missed = await bus.replay([topics.NEWS], heard.stamp, epoch=heard.epoch or None)
        except ReplayGone:
            self.lost(topics.NEWS)
            return
        for _, _, stamp, record in missed:
            await self._react(stamp, record)

    async def _react(self, stamp: int, record: bytes) -> None:
        header, body = unpack(record)
        at = Heard(self._chat.bus.epoch or "", stamp)
        await reacting.react(self._chat, header.name, body, at)

    async def _persist(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await work()
            except _AWAY as error:
                log.warning("inbox.postponed", error=repr(error))
                await self._chat.clock.sleep(_AGAIN_S)
