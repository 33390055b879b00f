"""Voice through the one public door: connections to `/voice/{node}/…` are carried to the signaling
node that the path names, bytes both ways. Nothing is read of what they say; the token that they
show is the node's to judge.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chassis.clock import Clock
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts.errors import DomainError
from contracts.ids import ChannelId
from contracts.rpc.signaling import Located, LocateNode, PlaceStream
from gateway.rest.heads import CORS, Headers, answer

log = logger("voice")

PREFIX = b"/voice/"
_DOORS = frozenset((b"", b"/", b"/rtc", b"/rtc/v1", b"/signal"))
_QUESTIONS = frozenset(("rtc", "rtc/validate", "rtc/v1", "rtc/v1/validate"))
_OURS_TO_SAY = frozenset((b"x-identity", b"x-forwarded-for", b"forwarded", b"x-real-ip"))
_CONNECT_S = 5.0
_REMEMBER_S = 5.0
_NODES_MOST = 1_000
_ANSWER_BYTES = 64 << 10

_AGREE_S = 15.0
_CHANNEL = re.compile(r"[0-9]{1,19}")
_SESSION = re.compile(r"[0-9]{1,19}(/[A-Za-z0-9_-]{16,64})?")
_LIVE = ["POST", "PATCH", "DELETE", "GET", "HEAD", "PUT"]
"""The last three are kept for later by RFC 9725, and refused as such."""
_SAID = ("authorization", "content-type", "if-match")
_TOLD = frozenset(
    {"content-type", "location", "etag", "link", "accept-patch", "accept-post"}
    | {"allow", "www-authenticate", "retry-after", "cache-control"}
)

Locate = Callable[[LocateNode], Awaitable[Located]]
Place = Callable[[PlaceStream], Awaitable[Located]]
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes along with a request to a node."""

    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def head(self, method: str, target: str) -> bytes:
        """The lines before the body."""
        lines = [f"{method} {target} HTTP/1.1", "host: voice", "connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines.append(f"content-length: {len(self.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a node said."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def read(cls, said: bytes) -> Answered:
        """As it came."""
        top, _, body = said.partition(b"\r\n\r\n")
        first, *lines = top.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = tuple((name.lower().strip(), value.strip()) for name, _, value in pairs)
        return cls(int(first[9:12] or "0"), headers, body)


NOTHING = Asked()


class Voice:
    """A part of the gateway: the connections that it carries."""

    name = "voice"

    def __init__(
        self, locate: Locate, place: Place, *, clock: Clock, tasks: Tasks, metrics: Metrics
    ) -> None:
        self._locate = locate
        self._place = place
        self._clock = clock
        self._tasks = tasks
        self._known: dict[str, tuple[Address, float]] = {}
        self._carried: set[_End] = set()
        gauge = metrics.gauge("gateway_voice_connections", "Voice connections carried to nodes")
        gauge.set_function(lambda: len(self._carried))

    async def start(self) -> None:
        """Nodes are looked for when somebody asks for one."""

    async def stop(self) -> None:
        """Let go of all; clients come back elsewhere."""
        for end in tuple(self._carried):
            end.close()

    def trouble(self) -> str | None:
        """Voice being away is no reason to serve nothing else."""
        return None

    def carry(
        self, transport: asyncio.Transport, line: bytes, headers: Headers, leftover: bytes
    ) -> None:
        """Take a client's connection over and carry it to where its path says."""
        near = _End(self._carried)
        transport.set_protocol(near)
        near.connection_made(transport)
        transport.pause_reading()
        self._tasks.spawn("voice:carry", self._carry(near, line, headers, leftover))

    async def address(self, node: str) -> Address | None:
        """Where a node is."""
        known = self._known.get(node)
        now = self._clock.monotonic()
        if known is not None and now - known[1] < _REMEMBER_S:
            return known[0]
        found = await self._locate(LocateNode(node=node))
        if not found.port:
            return None
        if len(self._known) >= _NODES_MOST:
            self._known.clear()
        self._known[node] = (found.host, found.port), now
        return found.host, found.port

    async def _carry(self, near: _End, line: bytes, headers: Headers, leftover: bytes) -> None:
        path, mark, query = line.partition(b" ")[2].partition(b"?")
        node, slash, rest = path.removeprefix(PREFIX).partition(b"/")
        if slash + rest not in _DOORS:
            near.refuse(404)
            return
        try:
            async with asyncio.timeout(_CONNECT_S):
                address = await self.address(node.decode("latin-1"))
                if address is None:
                    near.refuse(404)
                    return
                loop = asyncio.get_running_loop()
                _, far = await loop.create_connection(lambda: _End(self._carried), *address)
        except (DomainError, OSError, TimeoutError) as error:
            log.warning("node.unreachable", node=node.decode("latin-1"), reason=repr(error))
            near.refuse(503)
            return
        lines = b"".join(
            b"%b: %b\r\n" % (name, value) for name, value in headers if name not in _OURS_TO_SAY
        )
        target = (slash or b"/") + rest + mark + query
        far.begin(near, b"GET %b HTTP/1.1\r\n%b\r\n" % (target, lines) + leftover)

    async def placed(self, channel: str) -> Address | None:
        """Where somebody goes live in a channel."""
        found = await self._place(PlaceStream(channel_id=ChannelId(int(channel))))
        return (found.host, found.port) if found.port else None

    async def ask(
        self, address: Address | None, target: str, method: str = "GET", request: Asked = NOTHING
    ) -> Answered | None:
        """A plain request to a node; None when there is no such node."""
        if address is None:
            return None
        async with asyncio.timeout(_CONNECT_S if method == "GET" else _AGREE_S):
            reader, writer = await asyncio.open_connection(*address)
            try:
                writer.write(request.head(method, target) + request.body)
                said = await reader.read(_ANSWER_BYTES)
                while more := await reader.read(_ANSWER_BYTES - len(said)):
                    said += more
            finally:
                writer.close()
        return Answered.read(said)


class _End(asyncio.Protocol):
    """One side of a connection that is carried; what comes in here goes out at the other."""

    def __init__(self, carried: set[_End]) -> None:
        self._carried = carried
        self._other: _End | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It begins."""
        self._transport = cast(asyncio.Transport, transport)
        self._carried.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It ends, and the other side with it."""
        del exc
        self._transport = None
        self._carried.discard(self)
        if self._other is not None:
            self._other.close()

    def data_received(self, data: bytes) -> None:
        """Bytes for the other side."""
        if self._other is not None and self._other._transport is not None:
            self._other._transport.write(data)

    def pause_writing(self) -> None:
        """This side reads slowly: read less from the other."""
        if self._other is not None and self._other._transport is not None:
            self._other._transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._other is not None and self._other._transport is not None:
            self._other._transport.resume_reading()

    def begin(self, near: _End, head: bytes) -> None:
        """This is the node's side: what the client asked, then both ways."""
        if self._transport is None or near._transport is None:
            self.close()
            near.close()
            return
        self._other, near._other = near, self
        self._transport.write(head)
        near._transport.resume_reading()

    def refuse(self, status: int) -> None:
        """Nothing is carried."""
        if self._transport is not None:
            self._transport.write(answer(status, b"", CORS + b"Connection: close\r\n"))
            self.close()

    def close(self) -> None:
        """After what was written."""
        if self._transport is not None:
            self._transport.close()


def router(voice: Voice) -> APIRouter:
    """What clients ask of a node by HTTP: when a connection failed, and to go live (WHIP)."""
    routes = APIRouter()

    _going_live(routes, voice)

    @routes.get("/voice/{node}/{path:path}", include_in_schema=False)
    async def question(node: str, path: str, request: Request) -> Response:
        """Passed on to the node."""
        if path not in _QUESTIONS:
            return _plain(404)
        try:
            target = f"/{path}?{request.url.query}"
            found = await voice.ask(await voice.address(node), target)
        except (DomainError, OSError, TimeoutError):
            return _plain(503)
        if found is None:
            return _plain(404)
        return Response(found.body, found.status, media_type="text/plain")

    return routes


def _going_live(routes: APIRouter, voice: Voice) -> None:
    @routes.api_route("/whip/{channel}", methods=_LIVE, include_in_schema=False)
    async def go_live(channel: str, request: Request) -> Response:
        """Passed on to the node where the channel is spoken."""
        if request.method != "POST":
            return _plain(405, {"Allow": "POST, OPTIONS"})
        if _CHANNEL.fullmatch(channel) is None:
            return _plain(404)
        if not request.headers.get("authorization"):
            return _plain(401, {"WWW-Authenticate": "Bearer"})
        return await _passed(voice, voice.placed(channel), f"/whip/{channel}", request)

    @routes.api_route("/voice/{node}/whip/{path:path}", methods=_LIVE, include_in_schema=False)
    async def stay_live(node: str, path: str, request: Request) -> Response:
        """Passed on to the node that has the session."""
        if _SESSION.fullmatch(path) is None:
            return _plain(404)
        return await _passed(voice, voice.address(node), f"/whip/{path}", request)


async def _passed(
    voice: Voice, where: Awaitable[Address | None], target: str, request: Request
) -> Response:
    given = tuple((name, request.headers[name]) for name in _SAID if name in request.headers)
    asked = Asked(given, await request.body())
    try:
        found = await voice.ask(await where, target, request.method, asked)
    except (DomainError, OSError, TimeoutError):
        return _plain(503, {"Retry-After": "1"})
    if found is None:
        return _plain(404)
    response = Response(found.body, found.status)
    for name, value in found.headers:
        if name in _TOLD:
            response.headers.append(name, value)
    return response


def _plain(status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(HTTPStatus(status).phrase.lower(), status, headers, "text/plain")
