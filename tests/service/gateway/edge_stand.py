"""An edge with real sockets, an obedient service behind it, and a client that sends bytes."""

from __future__ import annotations

import asyncio
import socket
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httptools
import orjson
import uvicorn
from uvicorn.server import ServerState

from chassis.http import application
from chassis.metrics import Metrics
from chassis.service import listen
from chassis.tasks import Tasks
from contracts import lane
from contracts.attachments import Links
from contracts.errors import Unavailable
from contracts.identity import Identity, Kind, verify
from contracts.ids import UserId
from contracts.rpc.users import AuthenticateAll, Authenticated, AuthenticatedAll
from gateway.rest import attachments, pictures
from gateway.rest.api import router
from gateway.rest.attachments import Attachments
from gateway.rest.authenticate import Authenticator, Stamps
from gateway.rest.desk import Desk
from gateway.rest.edge import Edge
from gateway.rest.heads import Headers
from gateway.rest.peers import Peers
from gateway.rest.pictures import Pictures
from gateway.rest.pools import Upstreams
from gateway.rest.ratelimit import Limiter
from gateway.rest.routes import Routes
from gateway.rest.rows import ROWS, Bucket, Row
from gateway.rest.tally import Tally
from tests.fixtures.clock import ManualClock
from tests.fixtures.patience import PATIENCE

KEYS = {f"id.{name}": name.encode() * 8 for name in ("chat", "user", "community", "files")}
ROUTES = (*ROWS, Row("files/*", "files", Bucket("files", 50, 1), body_bytes=1 << 28))
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
TOKEN = f"{urlsafe_b64encode(b'42').decode().rstrip('=')}.ZxYwVu.{'s' * 27}"
AUTH = f"Authorization: Bot {TOKEN}\r\n"


def post(path: str, extra: str = "", method: str = "POST") -> str:
    """The head of a request."""
    return f"{method} {path} HTTP/1.1\r\nHost: moim\r\n{AUTH}{extra}\r\n"


@dataclass
class Seen:
    """A request as the service got it."""

    line: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def __getitem__(self, name: str) -> str:
        (value,) = [value for key, value in self.headers if key.lower() == name]
        return value

    def __contains__(self, name: str) -> bool:
        return any(key.lower() == name for key, _ in self.headers)

    def identity(self, audience: str, clock: ManualClock) -> Identity | None:
        key = KEYS[f"id.{audience}"]
        return verify(self["x-identity"], audience, key, clock.now_ms() // 1000)


class Visit(asyncio.Protocol):
    """One connection to the recording service."""

    def __init__(self, service: Recorder) -> None:
        self.service = service
        self.parser: Any = httptools.HttpRequestParser(self)
        self.seen = Seen()
        self.transport: Any = None
        self.is_lane = False
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.service.visits.append(self)
        self.service.stirred()

    def connection_lost(self, exc: Exception | None) -> None:
        self.service.lost += 1
        self.service.stirred()

    def data_received(self, data: bytes) -> None:
        if self.is_lane:
            self._hear(data)
        elif data == lane.OPENING:
            self.service.visits.remove(self)
            self.service.lanes.append(self)
            self.is_lane = True
            self.transport.write(lane.ACCEPTED if self.service.has_lanes else OK)
            self.service.stirred()
        else:
            self.parser.feed_data(data)

    def _hear(self, data: bytes) -> None:
        asked, self.rest = lane.questions(self.rest + data)
        self.service.reads.append(len(asked))
        for question in asked:
            self.service.questions.append(question)
            self.service.on_question(self, question)
        self.service.stirred()

    def reply(self, question: lane.Question, body: bytes = b"{}", lines: bytes = b"") -> None:
        self.transport.write(lane.reply(question.turn, 200, lines, body))

    def on_message_begin(self) -> None:
        self.seen = Seen()

    def on_url(self, url: bytes) -> None:
        self.seen.line = url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.seen.headers.append((name.decode(), value.decode()))

    def on_headers_complete(self) -> None:
        self.seen.line = f"{self.parser.get_method().decode()} {self.seen.line}"
        self.service.on_head(self)

    def on_body(self, body: bytes) -> None:
        self.seen.body += body
        self.service.received += len(body)
        self.service.stirred()

    def on_message_complete(self) -> None:
        self.service.requests.append(self.seen)
        self.service.stirred()
        self.service.on_request(self)


def _nothing(visit: Visit) -> None:
    del visit


class Recorder:
    """A service that remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.visits: list[Visit] = []
        self.has_lanes = False
        self.lanes: list[Visit] = []
        self.reads: list[int] = []
        self.questions: list[lane.Question] = []
        self.on_question: Callable[[Visit, lane.Question], None] = Visit.reply
        self.lost = self.received = 0
        self.on_head: Callable[[Visit], None] = _nothing
        self.on_request: Callable[[Visit], None] = lambda visit: visit.transport.write(OK)
        self._stir = asyncio.Event()

    def says(self, answer: bytes) -> None:
        """Answer everything with this."""
        self.on_request = lambda visit: visit.transport.write(answer)

    def stirred(self) -> None:
        self._stir.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                self._stir.clear()
                await self._stir.wait()


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json"
        return orjson.loads(self.body)


class Wire:
    """A client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes | str) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)

    async def head(self) -> tuple[int, dict[str, str]]:
        raw = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = raw[:-4].split("\r\n")
        pairs = [each.split(": ", 1) for each in lines]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs), f"doubled headers: {lines}"
        return int(line.split(" ")[1]), headers

    async def reply(self, *, is_head: bool = False) -> Reply:
        async with asyncio.timeout(PATIENCE):
            status, headers = await self.head()
            body = b""
            if is_head or status in (100, 204):
                pass
            elif "transfer-encoding" in headers:
                while size := int(await self.reader.readline(), 16):
                    body += (await self.reader.readexactly(size + 2))[:-2]
                await self.reader.readline()
            else:
                body = await self.reader.readexactly(int(headers["content-length"]))
            return Reply(status, headers, body)

    async def ask(self, method: str, path: str, extra: str = AUTH, body: bytes = b"") -> Reply:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self.send(f"{method} {path} HTTP/1.1\r\nHost: moim\r\n{extra}{length}\r\n".encode() + body)
        return await self.reply(is_head=method == "HEAD")

    async def is_closed(self) -> bool:
        """Whether the edge closes, having said nothing more."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read() == b""


class Calls:
    """user_service, as far as tokens go."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_away = False
        self.is_known = True

    async def ask(self, call: AuthenticateAll, /) -> AuthenticatedAll:
        self.asked += 1
        if self.is_away:
            raise Unavailable
        found = Authenticated(kind=Kind.NOBODY)
        if self.is_known:
            assert set(call.tokens) == {TOKEN}
            found = Authenticated(kind=Kind.BOT, user_id=UserId(42), login_id=7)
        return AuthenticatedAll(found=(found,) * len(call.tokens))


class Files(dict[str, bytes]):
    """Files that lie there."""

    async def get(self, name: str) -> bytes | None:  # type: ignore[override]
        return super().get(name)

    async def size(self, name: str) -> int | None:
        return len(self[name]) if name in self else None

    async def part(self, name: str, start: int, end: int) -> bytes:
        return self[name][start:end]


class Stand:
    """The edge with everything around it."""

    def __init__(self, trusted: str = "") -> None:
        self.clock, self.tasks, self.calls = ManualClock(), Tasks(), Calls()
        self.service = Recorder()
        self.files = Files()
        self.links = Links.under(KEYS)
        self.metrics = Metrics()
        self.adopted: list[tuple[asyncio.Transport, bytes, Headers, bytes, bytes]] = []
        self.was_adopted = asyncio.Event()
        self.port = 0
        self.trusted = trusted
        self.server: uvicorn.Server
        self.server_state = ServerState()
        self.edge: Edge
        self.wires: list[Wire] = []

    def build(self, service_port: int) -> Edge:
        self.app = app = application(
            "gateway",
            router("http://moim.test:8080"),
            attachments.router(
                Attachments(self.files, self.links, Pictures(self.files, self.tasks), self.clock)
            ),
            pictures.router(Pictures(self.files, self.tasks)),
        )
        clock, tasks = self.clock, self.tasks
        names = ("chat", "user", "community", "files")
        addresses = dict.fromkeys(names, ("127.0.0.1", service_port))
        desk = Desk(
            routes=Routes(ROUTES),
            authenticator=Authenticator(self.calls, clock=clock, tasks=tasks),
            stamps=Stamps(KEYS, clock),
            limiter=Limiter(clock),
            upstreams=Upstreams(addresses, clock=clock, tasks=tasks),
            app=app,
            adopt=self._adopt,
            clock=clock,
            tasks=tasks,
            tally=Tally(self.metrics),
            peers=Peers(self.trusted),
        )
        return Edge(desk, self.metrics)

    def _adopt(self, *taken: Any) -> None:
        taken[0].set_protocol(asyncio.Protocol())
        self.adopted.append(taken)
        self.was_adopted.set()

    async def wire(self) -> Wire:
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24))
        self.wires.append(wire)
        return wire

    async def ask(self, method: str, path: str, extra: str = AUTH, body: bytes = b"") -> Reply:
        return await (await self.wire()).ask(method, path, extra, body)


@asynccontextmanager
async def standing(trusted: str = "", *, under_uvicorn: bool = False) -> AsyncIterator[Stand]:
    """An edge in front of a recording service, both on free ports."""
    stand = Stand(trusted)
    loop = asyncio.get_running_loop()
    service = await loop.create_server(lambda: Visit(stand.service), "127.0.0.1", 0)
    stand.edge = stand.build(service.sockets[0].getsockname()[1])
    listener = listen("127.0.0.1", 0, reuse_port=False)
    stand.port = listener.getsockname()[1]
    serving = _uvicorn(stand, listener) if under_uvicorn else _bare(stand, listener)
    async with serving:
        try:
            yield stand
        finally:
            await _clear(stand)
            service.close()
            await service.wait_closed()


async def _clear(stand: Stand) -> None:
    """Close every connection, and wait until it is."""
    for wire in stand.wires:
        wire.writer.transport.abort()
    for connection in stand.edge.desk.connections:
        connection._transport.abort()
    await stand.edge.stop()
    await stand.tasks.cancel()
    came = [*stand.service.visits, *stand.service.lanes]
    for visit in came:
        visit.transport.abort()
    await stand.service.until(lambda: stand.service.lost == len(came))
    while stand.edge.desk.connections:
        await asyncio.sleep(0)
    for _ in range(3):  # a transport closes its socket a turn after it says so
        await asyncio.sleep(0)


@asynccontextmanager
async def _bare(stand: Stand, listener: socket.socket) -> AsyncIterator[None]:
    """The protocol alone: uvicorn looks only ten times a second whether it should stop."""
    protocol: Any = stand.edge.protocol_class()
    loop = asyncio.get_running_loop()
    state = stand.server_state
    server = await loop.create_server(lambda: protocol(None, state, {}), sock=listener)
    yield
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def _uvicorn(stand: Stand, listener: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        stand.app,
        http=stand.edge.protocol_class(),
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    stand.server = uvicorn.Server(config)
    stand.server.server_state = stand.server_state
    serving = asyncio.ensure_future(stand.server._serve([listener]))
    while not stand.server.started:
        await asyncio.sleep(0)
    yield
    stand.server.should_exit = True
    await serving
