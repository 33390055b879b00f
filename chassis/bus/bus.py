"""The bus of one process: publishing, hearing, replaying, and a plain client for the rest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import uuid4

from hiredis import HiredisError
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from chassis.bus import replay as logs_of_topics
from chassis.bus.link import Link
from chassis.bus.pace import Pace
from chassis.bus.publisher import QUESTIONS, Done, Item, Publisher
from chassis.bus.replay import Replayed
from chassis.bus.resp import Line
from chassis.bus.script import script
from chassis.bus.subscription import Listener
from chassis.clock import Clock
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts import limits
from contracts.topics import Topic

log = logger("bus")

_FIRST_S = 2.0
_LAST_S = 5.0
_REPLAY_S = 3.0
_CLIENTS = 16


class Bus:
    """A part of every service that tells or hears events."""

    name = "bus"

    def __init__(
        self,
        redis_url: str,
        *,
        instance: str,
        clock: Clock,
        tasks: Tasks,
        metrics: Metrics,
        pace: Pace | None = None,
        keep_for: float = limits.REPLAY_FOR_S,
    ) -> None:
        pace = pace or Pace()
        # The channel of the canary must be this process's own, whatever the instance is called.
        self._link = Link(f"{instance}-{uuid4().hex[:8]}", pace=pace, clock=clock, metrics=metrics)
        self._publisher = Publisher(script(keep_for), metrics=metrics)
        asks = pace.answer / QUESTIONS
        self._lines = (
            Line(redis_url, "hear", self._link, every=pace.canary, clock=clock, tasks=tasks),
            Line(redis_url, "tell", self._publisher, every=asks, clock=clock, tasks=tasks),
        )
        pool = BlockingConnectionPool.from_url(
            redis_url,
            max_connections=_CLIENTS,
            timeout=2,
            socket_timeout=2,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 1),
        )
        self._commands: Redis = Redis.from_pool(pool)

    @property
    def commands(self) -> Redis:
        """A client for everything that is no event: nothing in it waits longer than two seconds."""
        return self._commands

    @property
    def epoch(self) -> str | None:
        """Names the data in Redis; another epoch means that the former data is gone."""
        return self._link.epoch

    @property
    def is_up(self) -> bool:
        """Whether events flow now."""
        return all(line.is_up.is_set() for line in self._lines)

    async def start(self) -> None:
        """Begin to connect; wait a moment for it, but not for ever."""
        for line in self._lines:
            line.start()
        with contextlib.suppress(TimeoutError):
            await self.up(within=_FIRST_S)

    async def stop(self) -> None:
        """Send what waits, then hang up. What can not be sent stays in the outbox."""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_S if self._publisher.is_up else 0):
                    await self._publisher.drained()
            for line in self._lines:
                await line.stop()
            self._publisher.give_up()
        finally:
            await self._commands.aclose()

    def trouble(self) -> str | None:
        """Whether Redis is out of reach."""
        return None if self.is_up else "redis: not connected"

    async def up(self, *, within: float) -> None:
        """Wait until events flow; TimeoutError when that takes too long."""
        async with asyncio.timeout(within):
            for line in self._lines:
                await line.is_up.wait()

    def publish(
        self,
        topic: Topic,
        record: bytes,
        event_id: int,
        *,
        done: Done | None = None,
        repeat: bool = False,
        ephemeral: bool = False,
    ) -> None:
        """Tell everybody, after everything published before. Never blocks.

        `done(True)`: it is in the topic's log. `done(False)`: too much waits, or the process ends:
        the outbox must see to it later. `repeat`: it may have been published before; then it is not
        published twice, if it is among the newest 4,096 entries since its id, a snowflake, was
        made. `ephemeral`: not worth keeping while Redis is away.
        """
        if len(record) > limits.RECORD_BYTES:
            log.error("record.too_large", topic=topic, bytes=len(record))
        item = Item(topic, record, event_id, done)
        if repeat:
            item.mark_repeat()
        item.is_ephemeral = ephemeral
        self._publisher.publish(item)

    def doubt(self) -> None:
        """What waits now may be published by somebody else too: send it as repeats."""
        self._publisher.doubt()

    async def subscribe(self, topic: Topic, listener: Listener) -> None:
        """Return when every further event of the topic reaches this listener."""
        await self._link.subscribe(topic, listener)

    def unsubscribe(self, topic: Topic, listener: Listener) -> None:
        """Stop hearing."""
        self._link.unsubscribe(topic, listener)

    def live_since(self, topic: Topic) -> int | None:
        """Every event of the topic with a later stamp reached, or will reach, this process."""
        return self._link.live_since(topic)

    async def replay(
        self, asked: Sequence[Topic], since: int, *, epoch: str | None = None
    ) -> list[Replayed]:
        """Every event of these topics with a later stamp, in order; all of them, or ReplayGone.

        RedisError while Redis is away, as from `commands`.
        """
        connection = self._publisher.connection
        if connection is None:
            raise RedisConnectionError("Redis is away")
        try:
            async with asyncio.timeout(_REPLAY_S):
                return await logs_of_topics.replay(connection, asked, since, epoch=epoch)
        except (OSError, TimeoutError, HiredisError) as error:
            raise RedisConnectionError(str(error)) from error
