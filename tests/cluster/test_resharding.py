"""Slots move from one server to another while events flow through them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from itertools import count

import pytest
from redis.asyncio import Redis

from chassis.bus import Bus
from chassis.bus.slots import slot_of
from contracts import topics
from contracts.topics import Topic
from tests.fixtures.buses import Heard, NewBus
from tests.fixtures.patience import PATIENCE
from tests.fixtures.redis_cluster import PASSWORD, Node, RedisCluster

pytestmark = pytest.mark.xdist_group("cluster")


def settle(done: asyncio.Future[bool], is_published: bool) -> None:
    if not done.done():
        done.set_result(is_published)


class Stream:
    """One topic in which somebody talks all the time."""

    def __init__(self, bus: Bus, topic: Topic, heard: Heard) -> None:
        self.bus, self.topic, self._heard = bus, topic, heard
        self.told: list[bytes] = []

    async def talk(self) -> None:
        """One after another, each until it is in the log."""
        loop = asyncio.get_running_loop()
        for number in count(1):
            done: asyncio.Future[bool] = loop.create_future()
            record = f"{self.topic} {number}".encode()
            event_id = slot_of(self.topic) << 40 | number
            self.bus.publish(self.topic, record, event_id, done=partial(settle, done))
            assert await done
            self.told.append(record)

    @property
    def heard(self) -> list[bytes]:
        return [record for topic, _, _, record in self._heard.events if topic == self.topic]

    async def goes_on(self) -> None:
        """Twenty more are heard."""
        wanted = len(self.heard) + 20
        await self._heard.until(lambda _: len(self.heard) >= wanted)


class Reshard:
    """A slot on its way, step by step, as operators' tools move it."""

    def __init__(self, slot: int, source: Node, target: Node) -> None:
        self.slot, self.source, self.target = slot, source, target
        self.former, self.new = (
            Redis(port=node.port, password=PASSWORD) for node in (source, target)
        )

    async def begin(self) -> None:
        for client, word, other in (
            (self.new, "IMPORTING", self.source),
            (self.former, "MIGRATING", self.target),
        ):
            await client.execute_command("CLUSTER", "SETSLOT", self.slot, word, other.identity)

    async def keys(self) -> list[bytes]:
        found: list[bytes] = await self.former.execute_command(
            "CLUSTER", "GETKEYSINSLOT", self.slot, 1_000
        )
        return found

    async def move(self, key: bytes) -> None:
        words = ("127.0.0.1", self.target.port, key, 0, 5_000, "AUTH", PASSWORD)
        await self.former.execute_command("MIGRATE", *words)

    async def end(self, others: list[Node]) -> None:
        for node in (self.target, self.source, *others):
            async with Redis(port=node.port, password=PASSWORD) as client:
                words = ("CLUSTER", "SETSLOT", self.slot, "NODE", self.target.identity)
                await client.execute_command(*words)
        await self.former.aclose()
        await self.new.aclose()


@pytest.fixture
async def streams(
    new_bus: NewBus, redis_cluster: RedisCluster
) -> AsyncIterator[tuple[Stream, Stream]]:
    """Two topics of one server, told by one process and heard by another."""
    telling, hearing = await new_bus(redis_cluster.url), await new_bus(redis_cluster.url)
    every = (topics.guild(number) for number in count(1))
    here = (
        t for t in every if redis_cluster.primary_of(topics.pubsub(t)) is redis_cluster.primaries[0]
    )
    heard = Heard()
    both = Stream(telling, next(here), heard), Stream(telling, next(here), heard)
    for stream in both:
        await hearing.subscribe(stream.topic, heard)
    talking = [asyncio.create_task(stream.talk()) for stream in both]
    yield both
    for task in talking:
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)
    for stream in both:
        await heard.until(lambda _, stream=stream: len(stream.heard) >= len(stream.told))
        assert stream.heard[: len(stream.told)] == stream.told
    assert not heard.losses


async def test_a_slot_that_moves_costs_no_event_and_holds_up_no_other(
    streams: tuple[Stream, Stream], redis_cluster: RedisCluster
) -> None:
    moving, staying = streams
    source, target, *others = redis_cluster.primaries
    reshard = Reshard(slot_of(topics.pubsub(moving.topic)), source, target)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(moving.goes_on(), staying.goes_on())
        await reshard.begin()
        await asyncio.gather(moving.goes_on(), staying.goes_on())
        for key in await reshard.keys():
            await reshard.move(key)
            await staying.goes_on()
        await reshard.end(others)
        await asyncio.gather(moving.goes_on(), staying.goes_on())
