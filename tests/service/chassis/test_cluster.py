"""The bus, limits and leases on a real cluster that nothing happens to. What happens when a primary
dies is shown by `./moim test cluster`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict

import pytest

from chassis.bus import ReplayGone
from chassis.clock import SystemClock
from chassis.lease import REDIS_NUMBERS, RedisNumberLease
from chassis.tasks import Tasks
from contracts import topics
from contracts.topics import Topic
from gateway.rest.buckets import Buckets, Take
from tests.fixtures.buses import Heard, NewBus, publish
from tests.fixtures.patience import until
from tests.fixtures.redis_cluster import RedisCluster

pytestmark = pytest.mark.xdist_group("cluster")

EVERY = [topics.guild(number) for number in range(30)]
"""On all three servers."""


async def test_each_topic_keeps_its_order_and_its_log(
    new_bus: NewBus, redis_cluster: RedisCluster
) -> None:
    heard, hearing, telling = (
        Heard(),
        await new_bus(redis_cluster.url),
        await new_bus(redis_cluster.url),
    )
    assert len({redis_cluster.primary_of(topics.pubsub(topic)).port for topic in EVERY}) == 3
    for topic in EVERY:
        await hearing.subscribe(topic, heard)
    records = [b"%d" % number for number in range(40)]
    await asyncio.gather(
        *(publish(telling, topic, records, first_id=1 + 100 * at) for at, topic in enumerate(EVERY))
    )
    await heard.count(len(EVERY) * len(records))
    told: dict[Topic, list[tuple[int, bytes]]] = defaultdict(list)
    for topic, n, _, record in heard.events:
        told[topic].append((n, record))
    assert all(told[topic] == list(enumerate(records, 1)) for topic in EVERY)
    assert not heard.losses

    logged = await telling.replay(EVERY, 0, epoch=hearing.epoch)
    assert sorted(logged) == sorted(heard.events)
    assert [stamp for _, _, stamp, _ in logged] == sorted(stamp for _, _, stamp, _ in logged)
    with pytest.raises(ReplayGone):
        await telling.replay(EVERY, 0, epoch="another")
    hearing.unsubscribe(EVERY[0], heard)
    assert hearing.live_since(EVERY[0]) is None


async def test_a_burst_goes_out_to_its_end(new_bus: NewBus, redis_cluster: RedisCluster) -> None:
    """More than may be on its way at once: nothing else is published that would set it going."""
    heard, bus = Heard(), await new_bus(redis_cluster.url)
    await bus.subscribe(EVERY[0], heard)
    records = [b"%d" % number for number in range(3_000)]
    await publish(bus, EVERY[0], records, first_id=1)
    await heard.count(len(records))
    assert heard.records == records


async def test_what_was_published_before_is_not_published_twice(
    new_bus: NewBus, redis_cluster: RedisCluster
) -> None:
    heard, bus = Heard(), await new_bus(redis_cluster.url)
    await bus.subscribe(EVERY[0], heard)
    await publish(bus, EVERY[0], [b"once"], first_id=7)
    done = asyncio.get_running_loop().create_future()
    bus.publish(EVERY[0], b"once", 7, repeat=True, done=done.set_result)
    assert await done
    await publish(bus, EVERY[0], [b"then"], first_id=8)
    await heard.count(2)
    assert heard.records == [b"once", b"then"]


async def test_a_caller_s_limits_are_kept_where_its_buckets_are(
    redis_cluster: RedisCluster,
) -> None:
    tasks = Tasks()
    buckets = Buckets(redis_cluster.url, clock=SystemClock(), tasks=tasks)
    await buckets.start()
    await until(lambda: buckets.is_up)
    loop = asyncio.get_running_loop()

    def take(caller: int) -> asyncio.Future[tuple[int, float] | None]:
        said: asyncio.Future[tuple[int, float] | None] = loop.create_future()
        keys = topics.limit_key("all", str(caller), ""), topics.limit_key("send", str(caller), "1")
        minute = 60_000_000
        buckets.take(Take(*keys, (minute, 5 * minute, minute, 2 * minute), said.set_result))
        return said

    try:
        for first in itertools.count(step=20):
            callers = range(first, first + 20)
            said = await asyncio.gather(*(take(caller) for caller in callers for _ in range(3)))
            refusing = [one[0] for one in said if one is not None]
            if len(refusing) == len(said):
                break
        assert refusing == [0, 0, 2] * 20
    finally:
        await buckets.stop()
        await tasks.cancel()


async def test_a_process_leases_a_number(new_bus: NewBus, redis_cluster: RedisCluster) -> None:
    bus, tasks = await new_bus(redis_cluster.url), Tasks()
    lease = RedisNumberLease(bus.commands, clock=SystemClock(), tasks=tasks)
    await lease.start()
    assert lease.number in REDIS_NUMBERS
    assert await bus.commands.get(topics.number_key(lease.number)) is not None
    await lease.stop()
    await tasks.cancel()
