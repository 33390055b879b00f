"""The bus on a real server: order, stamps, and gaps of every kind."""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict

import pytest

from chassis.bus import Bus, Pace
from chassis.bus.server import Server
from chassis.clock import SystemClock
from contracts import topics
from contracts.events.base import BETWEEN, Route, pack
from contracts.topics import Topic
from tests.fixtures.buses import Heard, NewBus, publish, records
from tests.fixtures.patience import PATIENCE
from tests.fixtures.proxy import proxied
from tests.fixtures.redis import RedisServer

T = topics.guild(1)
OTHER = topics.user(2)
CALM = Pace(canary=60, heads=600)
"""Nothing is noticed by looking: only by what arrives."""


def server_of(bus: Bus) -> Server:
    """The only one."""
    return bus._servers.at(T)


class TestPublishing:
    async def test_keeps_order_and_contiguity_among_publishers_and_topics(
        self, new_bus: NewBus
    ) -> None:
        heard, hearing = Heard(), await new_bus()
        every = [topics.guild(number) for number in range(5)]
        for topic in every:
            await hearing.subscribe(topic, heard)
        publishers = [await new_bus() for _ in range(4)]

        async def tell(index: int) -> None:
            for number in range(1_250):
                record = b"%d %d" % (index, number)
                publishers[index].publish(every[number % 5], record, 10_000 * index + number + 1)
                if number % 50 == 0:
                    await asyncio.wait([asyncio.ensure_future(publishers[index].commands.ping())])

        await asyncio.gather(*(tell(index) for index in range(4)))
        await heard.count(5_000)
        assert not heard.losses
        by_topic: dict[Topic, list[int]] = defaultdict(list)
        by_author: dict[tuple[Topic, bytes], list[int]] = defaultdict(list)
        for topic, n, _, record in heard.events:
            author, number = record.split()
            by_topic[topic].append(n)
            by_author[topic, author].append(int(number))
        assert all(by_topic[topic] == list(range(1, 1_001)) for topic in every)
        assert all(sent == sorted(set(sent)) and len(sent) == 250 for sent in by_author.values())
        stamps = [stamp for _, _, stamp, _ in heard.events]
        assert stamps == sorted(set(stamps)), "strictly rising over all topics"
        assert max(stamps) < 1 << 53

    async def test_reaches_every_listener_of_a_topic_and_nobody_after_leaving(
        self, new_bus: NewBus
    ) -> None:
        bus = await new_bus()
        first, second = Heard(), Heard()
        await bus.subscribe(T, first)
        await bus.subscribe(T, second)
        await publish(bus, T, records(2))
        await second.count(2)
        bus.unsubscribe(T, second)
        await publish(bus, T, records(1, first=2), first_id=3)
        await first.count(3)
        assert second.records == records(2)
        bus.unsubscribe(T, first)
        assert bus.live_since(T) is None

    async def test_a_listener_that_fails_is_told_and_does_not_disturb_the_others(
        self, new_bus: NewBus
    ) -> None:
        class Clumsy(Heard):
            def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
                raise ValueError

        bus, clumsy, heard = await new_bus(), Clumsy(), Heard()
        await bus.subscribe(T, clumsy)
        await bus.subscribe(T, heard)
        await publish(bus, T, records(2))
        await heard.count(2)
        assert clumsy.losses == [T, T]
        assert not heard.losses

    async def test_a_repeat_is_not_published_twice(self, new_bus: NewBus) -> None:
        bus, heard = await new_bus(), Heard()
        await bus.subscribe(T, heard)
        await publish(bus, T, records(300))
        for event_id in (1, 150, 300, 301):
            bus.publish(T, b"again", event_id, repeat=True)
        await heard.count(301)
        await publish(bus, T, [b"last"], first_id=999)
        await heard.until(lambda h: b"last" in h.records)
        assert heard.records == [*records(300), b"again", b"last"]

    async def test_a_bundle_is_heard_record_by_record_and_repeated_where_it_lacks(
        self, new_bus: NewBus
    ) -> None:
        """Whoever died with a bundle had perhaps published a part of it in another one."""
        bus, heard = await new_bus(), Heard()
        await bus.subscribe(T, heard)
        said = [pack("Said", Route(), b"%d" % n, event_id=n, trace="") for n in range(1, 41)]
        await publish(bus, T, [BETWEEN.join(said[:30])])
        bus.publish(T, BETWEEN.join(said[20:]), 21, repeat=True)
        await heard.until(lambda h: said[-1] in h.records)
        assert heard.records == said
        assert [n for _, n, _, _ in heard.events] == list(range(1, 41))

    async def test_many_repeats_share_a_look_at_the_log(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        """A look costs Redis milliseconds: one for each of a page once kept it busy for so long
        that everybody's connection seemed dead, and what was on its way became repeats as well.
        """
        bus, heard = await new_bus(), Heard()
        await bus.subscribe(T, heard)
        await publish(bus, T, records(1_000))
        redis_server.command("CONFIG", "RESETSTAT")
        for number in (*range(1_100, 1_500), *range(500, 600), 1_100, 1_450):
            bus.publish(T, b"%d" % number, number + 1, repeat=True)
        await publish(bus, T, [b"last"], first_id=9_999)
        await heard.until(lambda h: b"last" in h.records)
        assert heard.records == [*records(1_000), *records(400, first=1_100), b"last"]
        calls = re.search(rb"cmdstat_xrevrange:calls=(\d+)", redis_server.command("INFO", "ALL"))
        assert calls is not None
        assert int(calls[1]) <= 8 * 12, "pages of 128 entries, for groups of 64 repeats"

    async def test_standing_still_is_not_taken_for_a_silent_server(
        self, new_bus: NewBus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bus, loop, ahead = await new_bus(pace=CALM), asyncio.get_running_loop(), 0.0
        monkeypatch.setattr(loop, "time", lambda: time.monotonic() + ahead)
        monkeypatch.setattr(SystemClock, "monotonic", lambda _: loop.time())
        connection = server_of(bus).publisher.connection
        for number in range(1, 8):
            ahead += 30
            await publish(bus, T, [b"%d" % number], first_id=number)
        assert server_of(bus).publisher.connection is connection

    async def test_a_broken_connection_repeats_what_was_on_its_way_once_and_in_order(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        async with proxied(redis_server.port) as proxy:
            telling, hearing, heard = await new_bus(proxy.url), await new_bus(), Heard()
            await hearing.subscribe(T, heard)
            done: list[bool] = []
            for batch in range(10):
                for number in range(200):
                    index = 200 * batch + number
                    telling.publish(T, b"%d" % index, index + 1, done=done.append)
                await heard.count(200 * batch + 50)
                proxy.cut()
            await heard.count(2_000)
            assert heard.records == records(2_000)
            await heard.until(lambda _: done == [True] * 2_000 or heard._news.set() is None)

    async def test_commands_that_arrive_after_their_repeats_publish_nothing_twice(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        async with proxied(redis_server.port) as proxy:
            pace = Pace(answer=0.5)
            telling, hearing, heard = await new_bus(proxy.url, pace=pace), await new_bus(), Heard()
            await hearing.subscribe(T, heard)
            await publish(telling, T, records(1))
            proxy.stall()
            for number in range(1, 300):
                telling.publish(T, b"%d" % number, number + 1)
            await _until_down(telling)
            proxy.resume()
            await heard.count(300)
            await publish(telling, T, [b"last"], first_id=999)
            await heard.until(lambda h: b"last" in h.records)
            assert heard.records == [*records(300), b"last"]

    async def test_a_flushed_script_is_loaded_again(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        bus, heard = await new_bus(), Heard()
        await bus.subscribe(T, heard)
        await publish(bus, T, records(5))
        redis_server.command("SCRIPT", "FLUSH")
        await publish(bus, T, records(5, first=5), first_id=6)
        await heard.count(10)
        assert heard.records == records(10)

    async def test_drops_the_ephemeral_and_keeps_the_rest_while_redis_is_away(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        bus, heard = await new_bus(), Heard()
        await bus.subscribe(T, heard)
        redis_server.kill()
        await _until_down(bus)
        ended: list[bool] = []
        bus.publish(T, b"typing", 1, ephemeral=True, done=ended.append)
        bus.publish(T, b"kept", 2)
        assert ended == [False]
        redis_server.start()
        await heard.count(1)
        assert heard.records == [b"kept"]
        assert not heard.losses


class TestGaps:
    async def test_a_killed_subscriber_misses_nothing_and_doubles_nothing(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        telling, hearing, heard = await new_bus(), await new_bus(pace=CALM), Heard()
        await hearing.subscribe(T, heard)
        await hearing.subscribe(OTHER, heard)
        for batch in range(10):
            for number in range(100):
                index = 100 * batch + number
                telling.publish(T, b"%d" % index, index + 1)
            redis_server.command("CLIENT", "KILL", "TYPE", "pubsub")
            await heard.count(100 * batch + 50)
        await heard.count(1_000)
        assert heard.records == records(1_000)
        assert not heard.losses

    async def test_a_silent_connection_is_noticed_by_the_canary(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        async with proxied(redis_server.port) as proxy:
            pace = Pace(canary=0.1, heads=600)
            telling, hearing, heard = await new_bus(), await new_bus(proxy.url, pace=pace), Heard()
            await hearing.subscribe(T, heard)
            await publish(telling, T, records(1))
            await heard.count(1)
            proxy.stall()
            await publish(telling, T, records(700, first=1), first_id=2)
            assert heard.records == records(1)
            await asyncio.wait_for(_noticed(hearing), PATIENCE)
            proxy.cut()
            proxy.resume()
            await heard.count(701)
            assert heard.records == records(701)
            assert not heard.losses

    async def test_a_hole_in_the_numbers_is_repaired_at_once(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        telling, hearing, heard = await new_bus(), await new_bus(pace=CALM), Heard()
        await hearing.subscribe(T, heard)
        await publish(telling, T, records(3))
        await heard.count(3)
        await _swallow(hearing, T, lambda: publish(telling, T, records(600, first=3), first_id=4))
        assert len(heard.events) == 3
        await publish(telling, T, records(2, first=603), first_id=604)
        await heard.count(605)
        assert heard.records == records(605)
        assert not heard.losses

    async def test_a_second_confirmation_is_a_gap(self, new_bus: NewBus) -> None:
        telling, hearing, heard = await new_bus(), await new_bus(pace=CALM), Heard()
        await hearing.subscribe(T, heard)
        await _swallow(hearing, T, lambda: publish(telling, T, records(5)))
        hearing._servers.at(T).link.push([b"subscribe", topics.pubsub(T).encode(), 1])
        await heard.count(5)
        assert heard.records == records(5)

    async def test_what_no_other_net_finds_the_heads_find(self, new_bus: NewBus) -> None:
        telling, heard = await new_bus(), Heard()
        hearing = await new_bus(pace=Pace(canary=0.1, heads=0.2))
        await hearing.subscribe(T, heard)
        await _swallow(hearing, T, lambda: publish(telling, T, records(5)))
        await heard.count(5)
        assert heard.records == records(5)

    async def test_flushed_data_is_told_and_the_topic_goes_on(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        bus, heard = await new_bus(), Heard()
        await bus.subscribe(T, heard)
        await bus.subscribe(OTHER, heard)
        await publish(bus, T, records(3))
        await heard.count(3)
        epoch = bus.epoch
        redis_server.command("FLUSHALL")
        await heard.until(lambda h: set(h.losses) == {T, OTHER})
        assert bus.epoch != epoch
        await publish(bus, T, [b"new"], first_id=9)
        await heard.count(4)
        assert heard.events[-1][1] == 1

    async def test_flushed_data_is_noticed_by_the_next_event_alone(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        telling, hearing, heard = await new_bus(), await new_bus(pace=CALM), Heard()
        await hearing.subscribe(T, heard)
        await publish(telling, T, records(3))
        await heard.count(3)
        redis_server.command("FLUSHALL")
        await publish(telling, T, [b"new"], first_id=9)
        await heard.until(lambda h: h.losses == [T])

    async def test_a_log_trimmed_beyond_the_cursor_is_told(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        telling, heard = await new_bus(keep_for=0), Heard()
        hearing = await new_bus(pace=CALM)
        await hearing.subscribe(T, heard)
        await publish(telling, T, records(1))
        await heard.count(1)
        await _swallow(hearing, T, lambda: publish(telling, T, records(5_000, 1), first_id=2))
        await publish(telling, T, [b"one more"], first_id=9_999)
        await heard.until(lambda h: h.losses == [T])
        await publish(telling, T, [b"and on"], first_id=10_000)
        await heard.until(lambda h: b"and on" in h.records)
        assert heard.losses == [T]

    async def test_a_log_that_aged_away_before_the_gap_loses_nothing(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        telling, hearing, heard = await new_bus(), await new_bus(pace=CALM), Heard()
        await hearing.subscribe(T, heard)
        await publish(telling, T, records(3))
        await heard.count(3)
        redis_server.command("DEL", topics.log_key(T))
        await _swallow(hearing, T, lambda: publish(telling, T, records(3, first=3), first_id=4))
        await publish(telling, T, records(1, first=6), first_id=7)
        await heard.count(7)
        assert heard.records == records(7)
        assert not heard.losses

    async def test_a_killed_redis_comes_back_and_everybody_is_current_or_told(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        telling, hearing, heard = await new_bus(), await new_bus(), Heard()
        await hearing.subscribe(T, heard)
        await publish(telling, T, records(100))
        await heard.count(100)
        for number in range(100, 150):
            telling.publish(T, b"%d" % number, number + 1)
        redis_server.restart()
        for number in range(150, 200):
            telling.publish(T, b"%d" % number, number + 1)
        await heard.until(lambda h: b"199" in h.records)
        assert heard.losses or heard.records == records(200)

    async def test_a_redis_back_without_data_tells_everybody_of_the_loss(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        telling, hearing, heard = await new_bus(), await new_bus(), Heard()
        await hearing.subscribe(T, heard)
        await publish(telling, T, records(10))
        await heard.count(10)
        redis_server.wipe()
        await heard.until(lambda h: h.losses == [T])
        await publish(telling, T, [b"new"], first_id=99)
        await heard.until(lambda h: b"new" in h.records)

    async def test_a_bus_without_redis_says_so_and_works_when_it_comes(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        redis_server.kill()
        bus, heard = await new_bus(within=0), Heard()
        assert bus.trouble() is not None
        waiting = asyncio.ensure_future(bus.subscribe(T, heard))
        bus.publish(T, b"early", 1)
        redis_server.start()
        await asyncio.wait_for(waiting, PATIENCE)
        await publish(bus, T, [b"late"], first_id=2)
        await heard.until(lambda h: b"late" in h.records)
        assert bus.trouble() is None


async def _until_down(bus: Bus) -> None:
    async with asyncio.timeout(PATIENCE):
        while bus.trouble() is None:
            await asyncio.wait({line._work for line in server_of(bus).lines[:2]}, timeout=0.01)


async def _noticed(bus: Bus) -> None:
    while server_of(bus).lines[0].is_up.is_set():
        await asyncio.wait({server_of(bus).lines[0]._work}, timeout=0.01)


async def _swallow(bus: Bus, topic: Topic, work: object) -> None:
    """Let arrivals of a topic vanish between the socket and the cursor while something happens."""
    link = server_of(bus).link
    subscription = link._by_channel.pop(topics.pubsub(topic).encode())
    try:
        await work()  # type: ignore[operator]
        await bus.commands.ping()
        await link._connection.call("PING")
    finally:
        link._by_channel[subscription.channel] = subscription
