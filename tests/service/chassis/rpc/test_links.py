"""A link comes up, breaks and comes again; a neighbour that fails is left alone for a while."""

from __future__ import annotations

import asyncio

import pytest

from chassis.rpc.breaker import LEAST_CALLS, OPEN_S
from chassis.rpc.protocol import DEAD_AFTER_S
from contracts.errors import (
    NotFound,
    Unavailable,
)
from tests.fixtures.clock import ManualClock
from tests.service.chassis.rpc.ends import (
    Echo,
    Hanging,
    Note,
    Once,
    Said,
    World,
    echo,
    kill,
    watched,
)


class TestLinks:
    async def test_callers_wait_a_moment_for_a_link_that_is_coming(self, world: World) -> None:
        calls = await world.calls((await world.answering(echo)).port, alone=True)
        assert calls.neighbours_down() == ["user"]
        assert (await calls.ask(Echo(text="hi"))).text == "hi"
        assert calls.neighbours_down() == []

    async def test_a_link_that_stays_away_is_unavailable_at_once(self, still: World) -> None:
        assert isinstance(still.clock, ManualClock)
        server = await still.answering(echo)
        await server.stop()
        calls = await still.calls(server.port, alone=True)
        first = asyncio.ensure_future(calls.ask(Echo()))
        await still.clock.until_asleep(3)
        still.clock.advance(0.5)
        with pytest.raises(Unavailable):
            await first
        with pytest.raises(Unavailable):
            await calls.ask(Echo())

    async def test_only_needed_neighbours_trouble_readiness(self, world: World) -> None:
        server = await world.answering(echo)
        calls = await world.calls(server.port)
        needing = await world.calls(server.port, needed={"user"}, alone=True)
        assert calls.trouble() is None
        assert needing.trouble() == "no link to user"
        await needing.ask(Echo())
        assert needing.trouble() is None

    async def test_a_restarted_server_is_found_again(self, world: World) -> None:
        server = await world.answering(echo)
        calls = await world.calls(server.port)
        await calls.ask(Echo())
        up, down = watched(calls)
        assert up.is_set()
        up.clear()
        kill(server)
        await down.wait()
        assert not calls.cast(Note(number=1))
        await world.answering(echo, port=server.port)
        await up.wait()
        assert (await calls.ask(Echo(text="again"))).text == "again"

    async def test_a_question_is_asked_again_when_the_server_restarts(self, world: World) -> None:
        handler = Hanging()
        server = await world.answering(handler)
        calls = await world.calls(server.port)
        asker = asyncio.ensure_future(calls.ask(Echo(text="again")))
        await handler.begun.acquire()
        kill(server)
        await world.answering(echo, port=server.port)
        assert (await asker).text == "again"
        handler.go.set()

    async def test_what_must_happen_once_is_not_asked_again(self, world: World) -> None:
        handler = Hanging()
        server = await world.answering(handler, call=Once)
        calls = await world.calls(server.port)
        asker = asyncio.ensure_future(calls.ask(Once()))
        await handler.begun.acquire()
        kill(server)
        with pytest.raises(Unavailable):
            await asker
        handler.go.set()

    async def test_a_link_that_went_silent_is_made_anew(self, still: World) -> None:
        assert isinstance(still.clock, ManualClock)
        calls = await still.calls((await still.answering(echo)).port)
        await calls.ask(Echo())
        up, down = watched(calls)
        up.clear()
        still.clock.advance(DEAD_AFTER_S)
        await down.wait()
        while not up.is_set():
            await still.clock.until_asleep(3)
            still.clock.advance(0.5)
            await asyncio.wait([asyncio.ensure_future(up.wait())], timeout=0.05)

    async def test_a_watcher_with_a_bug_does_not_break_the_link(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        calls = await world.calls((await world.answering(echo)).port, alone=True)
        calls.on_link("user", lambda: 1 / 0, lambda: None)  # type: ignore[arg-type]
        await calls.ask(Echo())
        assert "link.watcher_failed" in caplog.messages


class TestBreaker:
    async def test_a_neighbour_that_keeps_failing_is_left_alone_for_a_while(
        self, still: World
    ) -> None:
        assert isinstance(still.clock, ManualClock)
        asked: list[Echo] = []
        is_well = False

        async def moody(call: Echo) -> Said:
            asked.append(call)
            if not is_well:
                raise Unavailable
            return await echo(call)

        calls = await still.calls((await still.answering(moody)).port)
        for _ in range(LEAST_CALLS):
            with pytest.raises(Unavailable):
                await calls.ask(Echo())
        with pytest.raises(Unavailable):
            await calls.ask(Echo())
        assert len(asked) == LEAST_CALLS
        is_well = True
        still.clock.advance(OPEN_S)
        await calls.ask(Echo())
        await calls.ask(Echo())
        assert len(asked) == LEAST_CALLS + 2

    async def test_refusals_are_no_failures(self, world: World) -> None:
        async def refuse(call: Echo) -> Said:
            raise NotFound

        calls = await world.calls((await world.answering(refuse)).port)
        for _ in range(2 * LEAST_CALLS):
            with pytest.raises(NotFound):
                await calls.ask(Echo())
