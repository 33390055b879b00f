"""A copy of a neighbour's answer: never older than the last event that was heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from chassis.bus import Listener
from chassis.replica import Replica
from contracts.events import Header, Route, pack
from contracts.topics import Topic
from tests.fixtures.clock import ManualClock

STALE = "GuildUpdate"


class StubBus:
    """Remembers who hears what; `gate` holds subscriptions back."""

    def __init__(self) -> None:
        self.heard: dict[Topic, Listener] = {}
        self.done: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def subscribe(self, topic: Topic, listener: Listener) -> None:
        self.done.append(f"asked {topic}")
        await self.gate.wait()
        assert topic not in self.heard, "one replica subscribes a topic once"
        self.heard[topic] = listener
        self.done.append(f"live {topic}")

    def unsubscribe(self, topic: Topic, listener: Listener) -> None:
        assert self.heard.pop(topic) is listener
        self.done.append(f"ended {topic}")

    def publish(self, topic: Topic, name: str = STALE, user_id: int | None = None) -> None:
        record = pack(name, Route(user_id=user_id), b"{}", event_id=1, trace="")
        self.heard[topic].deliver(topic, 1, 1, record)


class Neighbour:
    """Answers with how often it was asked; `held` answers wait until they are let go."""

    def __init__(self, bus: StubBus) -> None:
        self.asked: list[int] = []
        self.bus = bus
        self.during: list[Callable[[], None]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Event()
        self.fault: Exception | None = None

    async def fetch(self, key: int) -> str:
        self.asked.append(key)
        self.bus.done.append(f"fetch {key}")
        answer = f"{key} as of {len(self.asked)}"
        self.arrived.set()
        await self.gate.wait()
        if self.during:
            self.during.pop(0)()
        if self.fault is not None:
            raise self.fault
        return answer


class World:
    """A replica with everything around it. Keys 10, 11, … share topic t1; 20, 21, … share t2."""

    def __init__(self, **options: object) -> None:
        self.clock = ManualClock()
        self.bus = StubBus()
        self.neighbour = Neighbour(self.bus)
        self.replica: Replica[int, str] = Replica(
            "test",
            fetch=self.neighbour.fetch,
            bus=self.bus,
            topic_of=topic_of,
            stale_on=frozenset({STALE}),
            clock=self.clock,
            **options,  # type: ignore[arg-type]
        )

    def event(self, topic: Topic | None = None, name: str = STALE) -> Callable[[], None]:
        return lambda: self.bus.publish(topic or T1, name)


def topic_of(key: int) -> Topic:
    return Topic(f"t{key // 10}")


T1, T2 = topic_of(10), topic_of(20)


@pytest.fixture
async def world() -> World:
    return World()


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await ManualClock().sleep(0)


class TestCopies:
    async def test_the_topic_is_live_before_the_question_is_asked(self, world: World) -> None:
        assert await world.replica.get(10) == "10 as of 1"
        assert world.bus.done == ["asked t1", "live t1", "fetch 10"]

    async def test_a_second_question_is_answered_from_the_copy(self, world: World) -> None:
        first = await world.replica.get(10)
        assert await world.replica.get(10) == first
        assert world.replica.peek(10) == first
        assert world.neighbour.asked == [10]

    async def test_peek_knows_nothing_that_was_not_asked_for(self, world: World) -> None:
        assert world.replica.peek(10) is None

    async def test_a_topic_is_subscribed_once_for_all_its_keys(self, world: World) -> None:
        await asyncio.gather(*(world.replica.get(key) for key in (10, 11, 12, 10)))
        assert world.bus.done.count("asked t1") == 1
        assert sorted(world.neighbour.asked) == [10, 11, 12]

    async def test_a_copy_is_not_used_when_it_is_too_old(self, world: World) -> None:
        await world.replica.get(10)
        world.clock.advance(30.0)
        assert world.replica.peek(10) == "10 as of 1"
        world.clock.advance(0.1)
        assert world.replica.peek(10) is None
        assert await world.replica.get(10) == "10 as of 2"


class TestEvents:
    async def test_a_declared_event_makes_all_copies_of_its_topic_stale(self, world: World) -> None:
        for key in (10, 11, 20):
            await world.replica.get(key)
        world.bus.publish(T1)
        assert [world.replica.peek(key) for key in (10, 11, 20)] == [None, None, "20 as of 3"]

    async def test_other_events_change_nothing(self, world: World) -> None:
        await world.replica.get(10)
        world.bus.publish(T1, "TypingStart")
        assert world.replica.peek(10) == "10 as of 1"

    async def test_an_event_with_a_key_makes_only_that_copy_stale(self) -> None:
        world = World(stale_key=lambda header: header.route.user_id)
        await world.replica.get(10)
        await world.replica.get(11)
        world.bus.publish(T1, user_id=11)
        assert [world.replica.peek(key) for key in (10, 11)] == ["10 as of 1", None]
        world.bus.publish(T1, user_id=99)
        assert world.replica.peek(10) == "10 as of 1"

    async def test_an_event_whose_key_is_unknown_makes_all_copies_stale(self) -> None:
        def nothing(header: Header) -> int | None:
            return None

        world = World(stale_key=nothing)
        await world.replica.get(10)
        world.bus.publish(T1)
        assert world.replica.peek(10) is None

    async def test_lost_events_make_all_copies_of_the_topic_stale(self, world: World) -> None:
        await world.replica.get(10)
        await world.replica.get(20)
        world.replica.lost(T1)
        assert world.replica.peek(10) is None
        assert world.replica.peek(20) is not None

    async def test_a_stale_copy_is_fetched_again_over_the_same_subscription(
        self, world: World
    ) -> None:
        await world.replica.get(10)
        world.bus.publish(T1)
        assert await world.replica.get(10) == "10 as of 2"
        assert world.replica.peek(10) == "10 as of 2"
        assert world.bus.done.count("asked t1") == 1

    async def test_events_of_a_topic_that_is_not_held_change_nothing(self, world: World) -> None:
        world.replica.lost(T1)
        record = pack(STALE, Route(), b"{}", event_id=1, trace="")
        world.replica.deliver(T1, 1, 1, record)
        assert len(world.replica) == 0

    async def test_a_copy_that_goes_stale_twice_unused_is_let_go(self, world: World) -> None:
        await world.replica.get(10)
        world.bus.publish(T1)
        world.bus.publish(T1)
        world.bus.publish(T1)
        assert T1 in world.bus.heard, "not while the bus hands out the event"
        await turns()
        assert world.bus.heard == {}
        assert len(world.replica) == 0

    async def test_a_copy_renewed_in_between_is_not_let_go(self, world: World) -> None:
        await world.replica.get(10)
        world.bus.publish(T1)
        world.bus.publish(T1)
        assert await world.replica.get(10) == "10 as of 2"
        await turns()
        assert world.replica.peek(10) == "10 as of 2"
        assert T1 in world.bus.heard

    async def test_a_copy_that_is_dropped_is_fetched_again(self, world: World) -> None:
        world.replica.drop(10)
        await world.replica.get(10)
        world.replica.drop(10)
        assert world.replica.peek(10) is None
        assert await world.replica.get(10) == "10 as of 2"


class TestRaces:
    async def test_a_drop_during_the_fetch_makes_it_fetch_again(self, world: World) -> None:
        world.neighbour.during = [lambda: world.replica.drop(10)]
        assert await world.replica.get(10) == "10 as of 2"

    async def test_an_event_during_the_fetch_makes_it_fetch_again(self, world: World) -> None:
        world.neighbour.during = [world.event()]
        assert await world.replica.get(10) == "10 as of 2"
        assert world.replica.peek(10) == "10 as of 2"

    async def test_events_during_both_fetches_leave_no_copy(self, world: World) -> None:
        world.neighbour.during = [world.event(), world.event()]
        assert await world.replica.get(10) == "10 as of 2"
        assert world.replica.peek(10) is None
        assert world.bus.heard == {}

    async def test_events_lost_during_the_fetch_make_it_fetch_again(self, world: World) -> None:
        world.neighbour.during = [lambda: world.replica.lost(T1)]
        assert await world.replica.get(10) == "10 as of 2"

    async def test_an_event_about_another_key_does_not(self) -> None:
        world = World(stale_key=lambda header: header.route.user_id)
        world.neighbour.during = [lambda: world.bus.publish(T1, user_id=11)]
        assert await world.replica.get(10) == "10 as of 1"
        assert world.replica.peek(10) == "10 as of 1"

    async def test_many_askers_make_one_question(self, world: World) -> None:
        world.neighbour.gate.clear()
        askers = [asyncio.ensure_future(world.replica.get(10)) for _ in range(50)]
        await world.neighbour.arrived.wait()
        world.neighbour.gate.set()
        assert set(await asyncio.gather(*askers)) == {"10 as of 1"}

    async def test_a_failure_is_told_to_everybody_and_not_kept(self, world: World) -> None:
        world.neighbour.fault = LookupError("away")
        world.neighbour.gate.clear()
        askers = [asyncio.ensure_future(world.replica.get(10)) for _ in range(3)]
        await world.neighbour.arrived.wait()
        await turns()
        world.neighbour.gate.set()
        results = await asyncio.gather(*askers, return_exceptions=True)
        assert [type(result) for result in results] == [LookupError] * 3
        assert world.bus.heard == {}
        world.neighbour.fault = None
        assert await world.replica.get(10) == "10 as of 2"

    async def test_when_the_one_who_asks_is_cancelled_another_takes_over(
        self, world: World
    ) -> None:
        world.neighbour.gate.clear()
        first = asyncio.ensure_future(world.replica.get(10))
        await world.neighbour.arrived.wait()
        second = asyncio.ensure_future(world.replica.get(10))
        await turns()
        first.cancel()
        world.neighbour.gate.set()
        assert await second == "10 as of 2"
        assert first.cancelled()

    async def test_when_one_who_waits_is_cancelled_the_others_are_not(self, world: World) -> None:
        world.neighbour.gate.clear()
        first = asyncio.ensure_future(world.replica.get(10))
        await world.neighbour.arrived.wait()
        second = asyncio.ensure_future(world.replica.get(10))
        await turns()
        second.cancel()
        await turns()
        world.neighbour.gate.set()
        assert await first == "10 as of 1"

    async def test_when_the_one_who_subscribes_is_cancelled_another_takes_over(
        self, world: World
    ) -> None:
        world.bus.gate.clear()
        first = asyncio.ensure_future(world.replica.get(10))
        await turns()
        second = asyncio.ensure_future(world.replica.get(11))
        await turns()
        first.cancel()
        await turns()
        world.bus.gate.set()
        assert await second == "11 as of 1"
        assert world.bus.done == ["asked t1", "asked t1", "live t1", "fetch 11"]

    async def test_a_topic_that_can_not_be_heard_leaves_no_copy(self) -> None:
        world = World(live_within=0.01)
        world.bus.gate.clear()
        answers = await asyncio.gather(world.replica.get(10), world.replica.get(11))
        assert set(answers) == {"10 as of 1", "11 as of 2"}
        assert world.replica.peek(10) is None
        world.bus.gate.set()
        await world.replica.get(10)
        assert world.replica.peek(10) == "10 as of 3"


class TestBounds:
    async def test_the_one_not_used_for_longest_is_let_go(self) -> None:
        world = World(max_size=2)
        await world.replica.get(10)
        await world.replica.get(20)
        world.replica.peek(10)
        await world.replica.get(30)
        assert [world.replica.peek(key) is None for key in (10, 20, 30)] == [False, True, False]
        assert len(world.replica) == 2

    async def test_a_topic_is_unsubscribed_with_its_last_copy(self) -> None:
        world = World(max_size=2)
        for key in (10, 11):
            await world.replica.get(key)
        await world.replica.get(20)
        assert set(world.bus.heard) == {T1, T2}
        await world.replica.get(21)
        assert set(world.bus.heard) == {T2}
