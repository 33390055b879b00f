"""What a bus can say again: all of the promised time, in order, or that it can not."""

from __future__ import annotations

import pytest

from chassis.bus import ReplayGone
from contracts import topics
from tests.fixtures.buses import Heard, NewBus, publish, records
from tests.fixtures.redis import RedisServer

T = topics.guild(1)
OTHER = topics.user(2)


async def test_merges_topics_in_the_order_of_stamps(new_bus: NewBus) -> None:
    bus = await new_bus()
    for number in range(20):
        await publish(bus, T if number % 3 else OTHER, [b"%d" % number], first_id=number + 1)
    all_of_it = await bus.replay([T, OTHER, topics.guild(404)], 0, epoch=bus.epoch)
    assert [record for _, _, _, record in all_of_it] == records(20)
    since = all_of_it[11][2]
    assert await bus.replay([T, OTHER], since) == all_of_it[12:]
    assert await bus.replay([T, OTHER], all_of_it[-1][2]) == []


async def test_reaches_back_at_least_so_many_events(new_bus: NewBus) -> None:
    """At every moment: also just before and just after a trim."""
    bus, heard = await new_bus(keep_for=0), Heard()
    await bus.subscribe(T, heard)
    await publish(bus, T, records(4_094))
    for number in range(4_094, 4_100):
        await publish(bus, T, [b"%d" % number], first_id=number + 1)
        await heard.count(number + 1)
        for back in (2_047, 2_048, 2_049, 2_304):
            since = heard.events[-back - 1][2]
            assert await bus.replay([T], since) == heard.events[-back:]


async def test_is_refused_beyond_the_floor(new_bus: NewBus, redis_server: RedisServer) -> None:
    bus, heard = await new_bus(keep_for=0), Heard()
    await bus.subscribe(T, heard)
    await publish(bus, T, records(4_100))
    await heard.count(4_100)
    floor = int((await bus.commands.hget(topics.head_key(T), "f")) or 0)
    assert await bus.replay([T], floor) == [e for e in heard.events if e[2] > floor]
    with pytest.raises(ReplayGone):
        await bus.replay([T], floor - 1)


async def test_keeps_everything_for_the_promised_time(new_bus: NewBus) -> None:
    bus = await new_bus()
    await publish(bus, T, records(6_000))
    assert len(await bus.replay([T], 0)) == 6_000


async def test_is_refused_for_another_epoch_and_for_a_log_that_is_gone(
    new_bus: NewBus, redis_server: RedisServer
) -> None:
    bus = await new_bus()
    await publish(bus, T, records(3))
    with pytest.raises(ReplayGone):
        await bus.replay([T], 0, epoch="another")
    redis_server.command("DEL", topics.log_key(T))
    with pytest.raises(ReplayGone):
        await bus.replay([T], 0)


async def test_and_live_events_meet_without_gap(new_bus: NewBus) -> None:
    telling, hearing, heard = await new_bus(), await new_bus(), Heard()
    await publish(telling, T, records(10))
    await hearing.subscribe(T, heard)
    await publish(telling, T, records(10, first=10), first_id=11)
    await heard.count(10)
    since = hearing.live_since(T)
    assert since is not None
    early = [event for event in await hearing.replay([T], 0) if event[2] <= since]
    assert [event[3] for event in early] + heard.records == records(20)
