"""What moves when a cluster's map changes: subscriptions and what waits, in order."""

from __future__ import annotations

import asyncio

import pytest

from chassis.bus.cluster import Cluster
from chassis.bus.epochs import Known
from chassis.bus.meters import Meters
from chassis.bus.pace import Pace
from chassis.bus.publisher import Item
from chassis.bus.server import Around, Server
from chassis.bus.slots import ANCHORS, MANY, Slots
from chassis.bus.urls import Place
from chassis.clock import SystemClock
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts import topics
from tests.fixtures.buses import Heard

ONE, TWO, THREE = (("10.0.0.1", 6379), ("10.0.0.2", 6379), ("10.0.0.3", 6379))
HALVES = Slots([(0, MANY // 2 - 1, ONE), (MANY // 2, MANY - 1, TWO)])
FAILED_OVER = Slots([(0, MANY // 2 - 1, THREE), (MANY // 2, MANY - 1, TWO)])
SHRUNK = Slots([(0, 99, ONE), (100, MANY - 1, TWO)])
EVERY = [topics.guild(number) for number in range(40)]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    async def stop(self: Server) -> None:
        """Nothing was started."""

    monkeypatch.setattr(Server, "start", lambda self: None)
    monkeypatch.setattr(Server, "stop", stop)
    known = Known([topics.epoch_key(name) for name in ANCHORS])
    around = Around("test", known, 300, Meters(Metrics()), Pace(), SystemClock(), Tasks())
    return Cluster(Place("redis", "", (ONE,)), around)


def waiting(cluster: Cluster) -> dict[str, list[int]]:
    """What waits for Redis, by topic, where the topic is."""
    found: dict[str, list[int]] = {}
    for server in cluster:
        for item in server.publisher._queue:
            assert cluster.at(item.topic) is server
            found.setdefault(item.topic, []).append(item.event_id)
    return found


async def test_all_goes_where_its_topic_goes_and_in_order(cluster: Cluster) -> None:
    expected: dict[str, list[int]] = {topic: [] for topic in EVERY}
    heard = Heard()
    asking = [
        asyncio.ensure_future(cluster.at(topic).link.subscribe(topic, heard)) for topic in EVERY
    ]
    await asyncio.sleep(0)
    for number, slots in enumerate((None, HALVES, FAILED_OVER, SHRUNK, HALVES)):
        if slots is not None:
            await cluster._follow(slots)
        for at, topic in enumerate(EVERY):
            expected[topic].append(100 * number + at)
            item = Item(topic, b"", expected[topic][-1], None)
            cluster.at(topic).publisher.publish(item)
        assert waiting(cluster) == expected
        assert sum(len(server.link) for server in cluster) == len(EVERY)
        assert all(cluster.at(topic).link.live_since(topic) is None for topic in EVERY)
    for one in asking:
        one.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


async def test_a_server_that_stays_is_kept_unless_its_own_keys_moved(cluster: Cluster) -> None:
    await cluster._follow(HALVES)
    of_two = [topic for topic in EVERY if cluster.at(topic).share.anchors == HALVES.anchors(TWO)]
    two = cluster.at(of_two[0])
    await cluster._follow(FAILED_OVER)
    assert cluster.at(of_two[0]) is two
    two.publisher._former = 7, "10.0.0.9:1"
    await cluster._follow(SHRUNK)
    other = cluster.at(of_two[0])
    assert other is not two, "it looks after more of the epochs now"
    assert other.publisher._former == (7, "10.0.0.9:1"), "whose connection it silences"
