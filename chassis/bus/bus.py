"""The bus of one process: publishing, hearing, replaying, and a plain client for the rest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import uuid4

from hiredis import HiredisError
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from chassis.bus import commands, urls
from chassis.bus import replay as logs_of_topics
from chassis.bus.cluster import Cluster
from chassis.bus.epochs import Known
from chassis.bus.meters import Meters
from chassis.bus.pace import Pace
from chassis.bus.publisher import Done, Item
from chassis.bus.replay import Replayed, ReplayGone
from chassis.bus.server import Alone, Around, Server, Servers
from chassis.bus.slots import ANCHORS
from chassis.bus.subscription import Listener
from chassis.clock import Clock
from chassis.errors import mean_away
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts import limits, topics
from contracts.ids import EPOCH_MS
from contracts.topics import Topic

log = logger("bus")

_FIRST_S = 2.0
_LAST_S = 5.0
_REPLAY_S = 3.0
_BLUR_US = 2_000_000

mean_away(RedisError)


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
        self._clock = clock
        place = urls.cluster(redis_url)
        keys = [topics.epoch_key(name) for name in ANCHORS] if place else [topics.EPOCH_KEY]
        self._known = Known(keys)
        meters, name = Meters(metrics), f"{instance}-{uuid4().hex[:8]}"
        around = Around(name, self._known, keep_for, meters, pace or Pace(), clock, tasks)
        self._servers: Servers
        if place is None:
            self._servers = Alone(Server(redis_url, around))
            self._commands = commands.one_server(redis_url)
        else:
            self._servers = Cluster(place, around)
            self._commands = commands.of_cluster(place)
        self._is_cluster = place is not None
        meters.watch(
            lambda: sum(len(one.link) for one in self._servers),
            lambda: sum(len(one.publisher) for one in self._servers),
        )

    @property
    def commands(self) -> Redis:
        """A client for everything that is no event: nothing in it waits longer than two seconds."""
        return self._commands

    @property
    def epoch(self) -> str | None:
        """Names the data in Redis; another epoch means that the former data is gone."""
        return self._known.name

    @property
    def blur(self) -> int:
        """By how many microseconds events of different topics may reach this process in another
        order than that of their stamps while no server is away: those of a cluster have clocks of
        their own. 0: never, as one server stamps them all.
        """
        return _BLUR_US if self._is_cluster else 0

    @property
    def is_up(self) -> bool:
        """Whether events flow now."""
        return self._servers.is_up

    async def start(self) -> None:
        """Begin to connect; wait a moment for it, but not for ever."""
        self._servers.start()
        with contextlib.suppress(TimeoutError):
            await self.up(within=_FIRST_S)

    async def stop(self) -> None:
        """Send what waits, then hang up. What can not be sent stays in the outbox."""
        publishers = [one.publisher for one in self._servers]
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_S):
                    for publisher in publishers:
                        if publisher.is_up:
                            await publisher.drained()
            await self._servers.stop()
            for publisher in publishers:
                publisher.give_up()
        finally:
            await self._commands.aclose()

    def trouble(self) -> str | None:
        """Whether Redis is out of reach."""
        return None if self.is_up else "redis: not connected"

    async def up(self, *, within: float) -> None:
        """Wait until events flow; TimeoutError when that takes too long."""
        async with asyncio.timeout(within):
            await self._servers.up()

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
        """Tell everybody, after everything published before. Never blocks. A bundle of records goes
        at once; `event_id` is the first one's.

        `done(True)`: it is in the topic's log. `done(False)`: too much waits, or the process ends:
        the outbox must see to it later. `repeat`: it may have been published before; then it is not
        published twice, if it is among the newest 4,096 entries since its id, a snowflake, was
        made. `ephemeral`: not worth keeping while Redis is away.
        """
        item = Item(topic, record, event_id, done)
        if len(record) > limits.RECORD_BYTES * item.count:
            log.error("record.too_large", topic=topic, bytes=len(record))
        if repeat:
            item.mark_repeat()
        item.is_ephemeral = ephemeral
        self._servers.at(topic).publisher.publish(item)

    def doubt(self) -> None:
        """What waits now may be published by somebody else too: send it as repeats."""
        for server in self._servers:
            server.publisher.doubt()

    async def subscribe(self, topic: Topic, listener: Listener) -> None:
        """Return when every further event of the topic reaches this listener."""
        try:
            await self._servers.at(topic).link.subscribe(topic, listener)
        except asyncio.CancelledError:
            self.unsubscribe(topic, listener)
            raise

    def unsubscribe(self, topic: Topic, listener: Listener) -> None:
        """Stop hearing."""
        self._servers.at(topic).link.unsubscribe(topic, listener)

    def live_since(self, topic: Topic) -> int | None:
        """Every event of the topic with a later stamp reached, or will reach, this process."""
        return self._servers.at(topic).link.live_since(topic)

    async def replay(
        self, asked: Sequence[Topic], since: int, *, epoch: str | None = None
    ) -> list[Replayed]:
        """Every event of these topics with a later stamp, in order; all of them, or ReplayGone.

        RedisError while Redis is away, as from `commands`.
        """
        by_server: dict[Server, list[Topic]] = {}
        for topic in asked:
            by_server.setdefault(self._servers.at(topic), []).append(topic)
        if self._is_cluster and epoch not in (None, self.epoch):
            raise ReplayGone("another epoch")
        found = []
        try:
            async with asyncio.timeout(_REPLAY_S):
                for server, there in by_server.items():
                    found += await self._replay_of(server, there, since, epoch)
        except (OSError, TimeoutError, HiredisError) as error:
            raise RedisConnectionError(str(error)) from error
        return logs_of_topics.in_order(found)

    async def newest(self) -> int:
        """No event has a later stamp than this; on a cluster, about this."""
        if self._is_cluster:
            return (self._clock.now_ms() - EPOCH_MS) * 1000 + _BLUR_US
        return int(await self._commands.get(topics.STAMP_KEY) or 0)

    async def _replay_of(
        self, server: Server, asked: Sequence[Topic], since: int, epoch: str | None
    ) -> list[Replayed]:
        connection = server.publisher.connection
        if connection is None:
            raise RedisConnectionError("Redis is away")
        names = self._known.some(server.link.epochs.keys[:1]) if self._is_cluster else {}
        if epoch is not None and not self._is_cluster:
            names = {topics.EPOCH_KEY: epoch}
        return await logs_of_topics.replay(connection, asked, since, epochs=names)
