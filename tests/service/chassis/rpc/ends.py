"""Two ends of a link over real sockets: what is asked, who answers, and callers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from chassis.clock import Clock
from chassis.metrics import Metrics
from chassis.rpc import Calls, RpcServer
from chassis.rpc.frames import Opened, Origin, call_line
from chassis.rpc.protocol import Caller, Pair
from chassis.tasks import Tasks
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
