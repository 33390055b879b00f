"""A server that stops, and links that are opened for one question."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from chassis.metrics import Metrics
from chassis.rpc import RpcServer
from chassis.rpc.frames import answer_line
from contracts.errors import (
    Unavailable,
)
from tests.fixtures.clock import ManualClock
from tests.service.chassis.rpc.ends import HOST, KEYS, Echo, Hanging, Once, World, echo


class TestStopping:
    async def test_a_stop_finishes_what_is_under_way(self, world: World) -> None:
        handler = Hanging()
        server = await world.answering(handler)
        calls = await world.calls(server.port)
        asker = asyncio.ensure_future(calls.ask(Echo()))
        await handler.begun.acquire()
        stopping = asyncio.ensure_future(server.stop())
        raised = await asyncio.gather(calls.ask(Once()), return_exceptions=True)
        assert isinstance(raised[0], Unavailable)
        handler.go.set()
        assert (await asker).text == "late"
        await stopping
        assert server.trouble() == "not listening"

    async def test_a_stopped_caller_leaves_nobody_waiting(self, world: World) -> None:
        handler = Hanging()
        calls = await world.calls((await world.answering(handler)).port)
        asker = asyncio.ensure_future(calls.ask(Echo()))
        await handler.begun.acquire()
        await calls.stop()
        with pytest.raises(Unavailable):
            await asker
        with pytest.raises(Unavailable):
            await calls.ask(Echo())
        handler.go.set()

    async def test_a_server_that_never_started_stops(self, world: World) -> None:
        server = world.server()
        await server.stop()
        assert server.trouble() == "not listening"

    async def test_a_call_is_declared_once_and_where_it_belongs(self, world: World) -> None:
        server = world.server()
        server.handle(Echo, echo)
        with pytest.raises(ValueError):
            server.handle(Echo, echo)
        stranger = RpcServer(
            "chat",
            KEYS,
            bind=HOST,
            port=0,
            clock=world.clock,
            tasks=world.tasks,
            metrics=Metrics(),
        )
        with pytest.raises(ValueError):
            stranger.handle(Echo, echo)


class TestVisits:
    async def test_a_process_is_asked_by_its_address(self, world: World) -> None:
        first, second = await world.answering(echo), await world.answering(echo)
        calls = await world.calls(first.port, "user")
        for server in (first, second, second):
            answer = await calls.ask_at((HOST, server.port), Echo(text="hi"))
            assert answer.text == "hi"
        assert len(second._house.links) == 1

    async def test_a_process_that_is_not_there_is_unavailable(self, world: World) -> None:
        server = await world.answering(echo)
        calls = await world.calls(server.port, "user")
        gone = await world.answering(echo)
        await calls.ask_at((HOST, gone.port), Echo())
        await gone.stop()
        with pytest.raises(Unavailable):
            await calls.ask_at((HOST, gone.port), Echo())
        assert calls._visits.hosts() == ()

    async def test_a_visit_that_is_not_used_ends(self, still: World) -> None:
        assert isinstance(still.clock, ManualClock)
        gone: asyncio.Queue[str] = asyncio.Queue()
        server = still.server()
        server.handle(Echo, echo)
        server.on_gone(lambda link: gone.put_nowait(link.peer))
        await server.start()
        calls = await still.calls(server.port, "user")
        await calls.ask_at((HOST, server.port), Echo())
        await still.clock.until_asleep(2)
        still.clock.advance(61.0)
        assert await gone.get() == "user"

    async def test_not_too_many_are_visited_at_once(self, world: World) -> None:
        calls = await world.calls(1, "user", alone=True)
        asked = (calls.ask_at((HOST, port), Echo()) for port in range(1, 70))
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(result).__mro__[1] for result in results} == {Unavailable}

    async def test_a_caller_hears_only_a_callee_that_proves_itself(self, world: World) -> None:
        heard = asyncio.Event()

        async def liar(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            challenge = {"challenge": {"version": 1, "nonce": "n" * 64}}
            writer.write(orjson.dumps(challenge) + b"\n")
            await reader.readline()
            writer.write(b'{"welcome":{"proof":"0"}}\n' + answer_line(1, {"text": "lie"}))
            assert orjson.loads(await reader.readline()) == {"refused": "NOT_PROVEN"}
            assert await reader.read() == b""
            heard.set()
            writer.close()

        listener = await asyncio.start_server(liar, HOST, 0)
        port = listener.sockets[0].getsockname()[1]
        calls = await world.calls(1, "user", alone=True)
        with pytest.raises(Unavailable):
            await calls.ask_at((HOST, port), Echo())
        await heard.wait()
        listener.close()
