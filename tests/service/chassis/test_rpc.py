"""Two ends of a link over real sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest

from chassis import logs
from chassis.clock import Clock, SystemClock
from chassis.metrics import Metrics
from chassis.rpc import Calls, Link, RpcServer
from chassis.rpc.breaker import LEAST_CALLS, OPEN_S
from chassis.rpc.client import WATCH_EVERY_S
from chassis.rpc.frames import Opened, Origin, answer_line, call_line
from chassis.rpc.link import IN_FLIGHT_MOST
from chassis.rpc.protocol import DEAD_AFTER_S, OPEN_WITHIN_S, Callee, Caller, Pair
from chassis.tasks import Tasks
from chassis.testing import ManualClock
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
from contracts.rpc.base import REGISTRY, Call, Cast
from contracts.wire import Wire

KEYS = {"chat>user": b"1" * 32, "media>user": b"2" * 32, "user>user": b"3" * 32}
HOST = "127.0.0.1"


class Said(Wire):
    text: str


class Echo(Call[Said]):
    service = "user"
    callers = frozenset({"chat", "user"})
    deadline = 10.0
    text: str = ""


class Other(Wire):
    """Not what is promised."""

    other: int


class Once(Call[Said]):
    service = "user"
    callers = frozenset({"chat"})
    deadline = 10.0
    idempotent = False


class Note(Cast):
    service = "user"
    callers = frozenset({"chat"})
    number: int


class Long(Cast):
    service = "user"
    callers = frozenset({"chat"})
    text: str


for declared in (Echo, Once, Note, Long):
    # These are nobody's contract: whoever walks the registry must not meet them.
    del REGISTRY[declared.wire_name()]


class World:
    """Servers and callers of one test, all on one clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.tasks = Tasks()
        self.ends: list[Calls | RpcServer] = []

    def server(self, port: int = 0) -> RpcServer:
        server = RpcServer(
            "user",
            KEYS,
            bind=HOST,
            port=port,
            clock=self.clock,
            tasks=self.tasks,
            metrics=Metrics(),
        )
        self.ends.append(server)
        return server

    async def answering(
        self, answer: Callable[[Any], Awaitable[Said]], *, port: int = 0, call: Any = Echo
    ) -> RpcServer:
        server = self.server(port)
        server.handle(call, answer)
        await server.start()
        return server

    async def calls(self, port: int, service: str = "chat", **options: Any) -> Calls:
        """A caller whose link is up, unless told that it is `alone`."""
        is_alone = options.pop("alone", False)
        calls = Calls(
            service,
            {"user": (HOST, port)},
            options.pop("keys", KEYS),
            clock=self.clock,
            tasks=self.tasks,
            metrics=Metrics(),
            instance=f"{service}-1",
            **options,
        )
        self.ends.append(calls)
        await calls.start()
        if not is_alone:
            up, _ = watched(calls)
            await up.wait()
        return calls

    async def close(self) -> None:
        for end in reversed(self.ends):
            await end.stop()
        await self.tasks.cancel()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World(SystemClock())
    yield world
    await world.close()


@pytest.fixture
async def still() -> AsyncIterator[World]:
    """A world in which time passes only when the test says so."""
    world = World(ManualClock())
    yield world
    await world.close()


async def echo(call: Echo) -> Said:
    return Said(text=call.text)


class Hanging:
    """A handler that answers when it is told to."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.go = asyncio.Event()
        self.ends: list[str] = []

    async def __call__(self, call: Any) -> Said:
        self.begun.release()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.ends.append("cancelled")
            raise
        self.ends.append("answered")
        return Said(text="late")


def watched(calls: Calls) -> tuple[asyncio.Event, asyncio.Event]:
    up, down = asyncio.Event(), asyncio.Event()
    calls.on_link("user", up.set, down.set)
    return up, down


def kill(server: RpcServer) -> None:
    """End it as a crash would: no goodbye."""
    assert server._listener is not None
    server._listener.close()
    for link in tuple(server._house.links):
        link.pipe.abort()


class Raw:
    """A caller of flesh and bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int, key: bytes | None = None) -> Raw:
        """Connected; with a key, greeted too."""
        raw = cls(*await asyncio.open_connection(HOST, port, limit=2 * RPC_LINE_BYTES))
        if key is not None:
            pair = Pair("chat", "user", key)
            caller = Caller(pair, "raw", nonce="n" * 64, now=0.0)
            heard: list[Any] = []
            while not heard:
                heard = caller.feed(await raw.reader.readline(), 0.0)
                raw.writer.write(caller.take())
            assert isinstance(heard[0], Opened)
        return raw

    def ask(self, number: int, *, due_ms: int = 5_000, name: str = "user.Echo") -> None:
        body = {"text": str(number)}
        self.writer.write(call_line(number, name, body, due_ms=due_ms, origin=Origin()))

    async def line(self) -> Any:
        return orjson.loads(await self.reader.readline())

    async def close(self) -> None:
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)


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
