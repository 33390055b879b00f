"""What is asked over real sockets, and how long who asks waits."""

from __future__ import annotations

import asyncio
import logging

import pytest

from chassis import logs
from chassis.rpc.client import WATCH_EVERY_S
from chassis.rpc.link import IN_FLIGHT_MOST
from contracts.errors import (
    Conflict,
    DomainError,
    ErrorCode,
    Forbidden,
    NotFound,
    TooMany,
    Unavailable,
)
from contracts.limits import RPC_LINE_BYTES
from tests.fixtures.clock import ManualClock
from tests.service.chassis.rpc.ends import KEYS, Echo, Hanging, Once, Raw, Said, World, echo


class TestAsking:
    async def test_many_calls_share_one_link(self, world: World) -> None:
        server = await world.answering(echo)
        calls = await world.calls(server.port)

        async def many(name: str) -> list[str]:
            return [(await calls.ask(Echo(text=f"{name}.{n}"))).text for n in range(20)]

        answers = await asyncio.gather(*(many(str(name)) for name in range(100)))
        assert answers == [[f"{name}.{n}" for n in range(20)] for name in range(100)]
        assert len(server._house.links) == 1

    @pytest.mark.parametrize(
        "error",
        [
            NotFound(ErrorCode.UNKNOWN_USER),
            Forbidden(),
            Conflict(ErrorCode.MAX_GUILDS, "enough"),
            TooMany(2.0),
            Unavailable(),
        ],
        ids=lambda error: type(error).__name__,
    )
    async def test_a_refusal_is_raised_as_what_it_was(
        self, world: World, error: DomainError
    ) -> None:
        async def refuse(call: Echo) -> Said:
            raise error

        calls = await world.calls((await world.answering(refuse)).port)
        with pytest.raises(DomainError) as caught:
            await calls.ask(Echo())
        assert type(caught.value) is type(error)
        assert caught.value.body() == error.body()

    async def test_a_bug_is_logged_once_and_told_without_details(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def broken(call: Echo) -> Said:
            raise KeyError("the secret of the house")

        calls = await world.calls((await world.answering(broken)).port)
        with caplog.at_level(logging.ERROR), pytest.raises(DomainError) as caught:
            await calls.ask(Echo())
        assert caught.value.error is ErrorCode.INTERNAL
        assert "secret" not in str(caught.value)
        assert len(caplog.records) == 1

    async def test_an_answer_that_is_too_long_is_an_internal_error(self, world: World) -> None:
        async def long(call: Echo) -> Said:
            return Said(text="x" * RPC_LINE_BYTES)

        calls = await world.calls((await world.answering(long)).port)
        with pytest.raises(DomainError) as caught:
            await calls.ask(Echo())
        assert caught.value.error is ErrorCode.INTERNAL

    async def test_a_call_that_is_not_known_there_is_unavailable(self, world: World) -> None:
        calls = await world.calls((await world.answering(echo)).port)
        with pytest.raises(Unavailable):
            await calls.ask(Once())

    async def test_a_service_that_may_not_ask_is_refused(self, world: World) -> None:
        handler = Hanging()
        calls = await world.calls((await world.answering(handler)).port, "media")
        with pytest.raises(Forbidden):
            await calls.ask(Echo())
        assert handler.begun.locked()

    async def test_the_request_and_its_user_travel_along(self, world: World) -> None:
        seen: list[tuple[str, int]] = []

        async def look(call: Echo) -> Said:
            seen.append((logs.request_id.get(), logs.user_id.get()))
            return Said(text="")

        calls = await world.calls((await world.answering(look)).port)
        logs.request_id.set("r-1")
        logs.user_id.set(42)
        await calls.ask(Echo())
        logs.user_id.set(0)
        await calls.ask(Echo())
        assert seen == [("r-1", 42), ("r-1", 0)]

    async def test_what_is_no_neighbour_can_not_be_asked(self, world: World) -> None:
        calls = await world.calls(1, alone=True)
        with pytest.raises(LookupError):
            calls.on_link("media", print, print)

    async def test_a_neighbour_without_a_key_is_noticed_at_once(self, world: World) -> None:
        with pytest.raises(LookupError):
            await world.calls(1, "gateway", alone=True)

    async def test_too_many_at_once_are_refused(self, world: World) -> None:
        handler = Hanging()
        calls = await world.calls((await world.answering(handler)).port)
        askers = [asyncio.ensure_future(calls.ask(Echo())) for _ in range(IN_FLIGHT_MOST)]
        for _ in askers:
            await handler.begun.acquire()
        with pytest.raises(Unavailable):
            await calls.ask(Echo())
        handler.go.set()
        assert len(await asyncio.gather(*askers)) == IN_FLIGHT_MOST

    async def test_a_cancelled_question_leaves_nothing_behind(self, world: World) -> None:
        handler = Hanging()
        calls = await world.calls((await world.answering(handler)).port)
        asker = asyncio.ensure_future(calls.ask(Echo()))
        await handler.begun.acquire()
        asker.cancel()
        await asyncio.gather(asker, return_exceptions=True)
        assert calls._neighbours["user"].is_idle
        handler.go.set()
        assert (await calls.ask(Echo())).text == "late"


class TestDeadlines:
    async def test_without_an_answer_the_asker_gives_up_in_time(self, still: World) -> None:
        clock, handler = still.clock, Hanging()
        assert isinstance(clock, ManualClock)
        calls = await still.calls((await still.answering(handler)).port)
        asker = asyncio.ensure_future(calls.ask(Echo(), deadline=2.0))
        await handler.begun.acquire()
        await clock.until_asleep(3)
        clock.advance(1.99)
        await clock.until_asleep(3)
        assert not asker.done()
        clock.advance(WATCH_EVERY_S)
        with pytest.raises(Unavailable):
            await asker
        handler.go.set()

    async def test_what_nobody_waits_for_is_not_finished(self, still: World) -> None:
        clock, handler = still.clock, Hanging()
        assert isinstance(clock, ManualClock)
        calls = await still.calls((await still.answering(handler)).port)
        asker = asyncio.ensure_future(calls.ask(Echo(), deadline=2.0))
        await handler.begun.acquire()
        await clock.until_asleep(3)
        clock.advance(3.0)
        with pytest.raises(Unavailable):
            await asker
        await clock.until_asleep(2)
        assert handler.ends == ["cancelled"]

    async def test_a_caller_that_went_away_is_not_worked_for_for_ever(self, still: World) -> None:
        clock, handler = still.clock, Hanging()
        assert isinstance(clock, ManualClock)
        server = await still.answering(handler)
        gone = asyncio.Event()
        server.on_gone(lambda link: gone.set())
        calls = await still.calls(server.port)
        asker = asyncio.ensure_future(calls.ask(Echo(), deadline=2.0))
        await handler.begun.acquire()
        asker.cancel()
        await calls.stop()
        await gone.wait()
        assert server._house.links
        clock.advance(3.0)
        while server._house.links:
            await clock.sleep(0)
        assert handler.ends == ["cancelled"]

    async def test_a_call_that_comes_too_late_is_dropped(self, world: World) -> None:
        seen: list[str] = []

        async def look(call: Echo) -> Said:
            seen.append(call.text)
            return await echo(call)

        raw = await Raw.connect((await world.answering(look)).port, KEYS["chat>user"])
        raw.ask(1, due_ms=0)
        raw.ask(2, due_ms=-5)
        raw.ask(3)
        assert await raw.line() == {"id": 3, "body": {"text": "3"}}
        assert seen == ["3"]
        await raw.close()

    async def test_nothing_is_begun_without_time_for_it(self, world: World) -> None:
        handler = Hanging()
        handler.go.set()
        calls = await world.calls((await world.answering(handler)).port)
        await calls.ask(Echo())
        with pytest.raises(Unavailable):
            await calls.ask(Echo(), deadline=0.005)
        assert handler.ends == ["answered"]

    async def test_a_handler_hands_its_deadline_on(self, world: World) -> None:
        asked: list[float] = []
        inner = await world.answering(Hanging())
        calls = await world.calls(inner.port)

        async def outer(call: Echo) -> Said:
            began = world.clock.monotonic()
            try:
                return await calls.ask(call)
            finally:
                asked.append(world.clock.monotonic() - began)

        asking = await world.calls((await world.answering(outer)).port)
        with pytest.raises(Unavailable):
            await asking.ask(Echo(), deadline=0.2)
        await world.close()
        assert asked[0] < 1.0
        world.ends.clear()
