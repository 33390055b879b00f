"""What is said without an answer, and to whom nothing is said: strangers, and who does not read."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from chassis.rpc import Calls, Link
from chassis.rpc.frames import Origin, call_line
from chassis.rpc.link import IN_FLIGHT_MOST
from chassis.rpc.protocol import OPEN_WITHIN_S, Callee, Pair
from contracts.errors import (
    Unavailable,
)
from tests.fixtures.clock import ManualClock
from tests.service.chassis.rpc.ends import (
    HOST,
    KEYS,
    Echo,
    Hanging,
    Long,
    Note,
    Other,
    Raw,
    Said,
    World,
    echo,
    watched,
)


class TestCasts:
    async def test_casts_are_heard_in_order_and_before_the_call_behind_them(
        self, world: World
    ) -> None:
        heard: list[int] = []
        peers: set[tuple[str, str]] = set()

        def hear(note: Note, link: Link) -> None:
            heard.append(note.number)
            peers.add((link.peer, link.instance))

        server = world.server()
        server.hear(Note, hear)
        server.handle(Echo, echo)
        await server.start()
        calls = await world.calls(server.port)
        await calls.ask(Echo())
        assert all(calls.cast(Note(number=number)) for number in range(500))
        await calls.ask(Echo())
        assert heard == list(range(500))
        assert peers == {("chat", "chat-1")}

    async def test_what_is_cast_when_the_link_comes_up_is_heard_first(self, world: World) -> None:
        heard: list[int] = []
        server = world.server()
        server.hear(Note, lambda note, link: heard.append(note.number))
        server.handle(Echo, echo)
        await server.start()
        calls = await world.calls(server.port, alone=True)
        calls.on_link("user", lambda: _tell(calls, 1), lambda: None)
        await calls.ask(Echo())
        assert heard == [1]

    async def test_a_listener_with_a_bug_does_not_break_the_link(self, world: World) -> None:
        heard: list[int] = []

        def hear(note: Note, link: Link) -> None:
            heard.append(100 // note.number)

        server = world.server()
        server.hear(Note, hear)
        server.handle(Echo, echo)
        await server.start()
        calls = await world.calls(server.port)
        await calls.ask(Echo())
        for number in (0, 1):
            calls.cast(Note(number=number))
        await calls.ask(Echo())
        assert heard == [100]

    async def test_casts_of_others_and_unknown_ones_are_dropped(self, world: World) -> None:
        heard: list[int] = []
        server = world.server()
        server.hear(Note, lambda note, link: heard.append(note.number))
        server.handle(Echo, echo)
        await server.start()
        raw = await Raw.connect(server.port, KEYS["chat>user"])
        raw.writer.write(b'{"cast":"user.Nonsense","trace":"","body":{}}\n')
        raw.writer.write(b'{"cast":"user.Note","trace":"","body":{"number":"x"}}\n')
        raw.ask(1)
        await raw.line()
        await raw.close()
        calls = await world.calls(server.port, "media")
        await asyncio.gather(calls.ask(Echo()), return_exceptions=True)
        assert calls.cast(Note(number=1))
        await asyncio.gather(calls.ask(Echo()), return_exceptions=True)
        assert heard == []

    async def test_the_end_of_a_link_is_told_to_who_listens(self, world: World) -> None:
        gone: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        server = world.server()
        server.handle(Echo, echo)
        server.on_gone(lambda link: 1 / 0)  # type: ignore[arg-type]
        server.on_gone(lambda link: gone.put_nowait((link.peer, link.instance)))
        await server.start()
        calls = await world.calls(server.port)
        await calls.ask(Echo())
        await calls.stop()
        assert await gone.get() == ("chat", "chat-1")


def _tell(calls: Calls, number: int) -> None:
    calls.cast(Note(number=number))


class TestStrangers:
    async def test_a_wrong_key_is_closed_before_a_call_is_parsed(self, world: World) -> None:
        """A23: a link without the key of its pair says nothing."""
        handler = Hanging()
        server = await world.answering(handler)
        raw = await Raw.connect(server.port)
        nonce = (await raw.line())["challenge"]["nonce"]
        proof = Pair("chat", "user", b"0" * 32).proof("caller", "raw", "n" * 64, nonce)
        said = {
            "version": 1,
            "service": "chat",
            "to": "user",
            "instance": "raw",
            "nonce": "n" * 64,
            "proof": proof,
        }
        raw.writer.write(orjson.dumps({"hello": said}) + b"\n")
        raw.ask(1)
        raw.writer.write(b"this is not even JSON\n")
        assert await raw.line() == {"refused": "NOT_PROVEN"}
        assert await raw.reader.read() == b""
        assert handler.begun.locked()
        await raw.close()

    async def test_a_caller_with_a_wrong_key_is_without_a_link(self, world: World) -> None:
        server = await world.answering(echo)
        calls = await world.calls(server.port, keys={"chat>user": b"9" * 32}, alone=True)
        with pytest.raises(Unavailable):
            await calls.ask(Echo())

    async def test_a_stranger_that_says_nothing_is_cut(self, still: World) -> None:
        assert isinstance(still.clock, ManualClock)
        raw = await Raw.connect((await still.answering(echo)).port)
        await raw.line()
        still.clock.advance(OPEN_WITHIN_S)
        assert await raw.line() == {"refused": "TOO_SLOW"}
        assert await raw.reader.read() == b""
        await raw.close()

    async def test_a_number_used_twice_ends_the_link(self, world: World) -> None:
        handler = Hanging()
        raw = await Raw.connect((await world.answering(handler)).port, KEYS["chat>user"])
        raw.ask(1)
        raw.ask(1)
        (end,) = await asyncio.gather(raw.reader.read(), return_exceptions=True)
        assert end == b"" or isinstance(end, ConnectionError)
        await raw.close()
        handler.go.set()

    async def test_who_asks_too_much_at_once_hears_so(self, world: World) -> None:
        handler = Hanging()
        raw = await Raw.connect((await world.answering(handler)).port, KEYS["chat>user"])
        for number in range(IN_FLIGHT_MOST + 1):
            raw.ask(number)
        answer = await raw.line()
        assert answer["id"] == IN_FLIGHT_MOST
        assert answer["error"]["kind"] == "Busy"
        handler.go.set()
        await raw.close()

    async def test_an_unreadable_body_is_told_without_details(self, world: World) -> None:
        raw = await Raw.connect((await world.answering(echo)).port, KEYS["chat>user"])
        line = call_line(1, "user.Echo", {"text": 7}, due_ms=500, origin=Origin(by="x"))
        raw.writer.write(line)
        assert (await raw.line())["error"]["name"] == "INTERNAL"
        await raw.close()

    async def test_an_unreadable_answer_is_unavailable(self, world: World) -> None:
        async def wrong(call: Echo) -> Any:
            return Other(other=1)

        calls = await world.calls((await world.answering(wrong)).port)
        with pytest.raises(Unavailable):
            await calls.ask(Echo())


class TestSlowReaders:
    async def test_who_reads_no_answers_gets_no_more_questions_read(self, world: World) -> None:
        async def long(call: Echo) -> Said:
            return Said(text=call.text.ljust(100_000))

        raw = await Raw.connect((await world.answering(long)).port, KEYS["chat>user"])
        for number in range(IN_FLIGHT_MOST):
            raw.ask(number)
        assert [(await raw.line())["id"] for _ in range(IN_FLIGHT_MOST)] == [*range(IN_FLIGHT_MOST)]
        raw.ask(1)
        assert (await raw.line())["id"] == 1
        await raw.close()

    async def test_who_reads_nothing_is_not_told_for_ever(self, world: World) -> None:
        greeted = asyncio.Event()

        async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            callee = Callee("user", KEYS, nonce="n" * 64, now=0.0)
            writer.write(callee.take())
            callee.feed(await reader.readline(), 0.0)
            writer.write(callee.take())
            await greeted.wait()
            writer.transport.abort()

        listener = await asyncio.start_server(deaf, HOST, 0)
        calls = await world.calls(listener.sockets[0].getsockname()[1])
        _, down = watched(calls)
        note = Long(text="x" * 500_000)
        told = [calls.cast(note) for _ in range(100)]
        assert told[0]
        assert not told[-1]
        with pytest.raises(Unavailable):
            await calls.ask(Echo())
        greeted.set()
        await down.wait()
        listener.close()
