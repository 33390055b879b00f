"""Voice through the one public door: connections to `/voice/{node}/…` are carried to the signaling
node that the path names, bytes both ways. Nothing is read of what they say; the token that they
show is the node's to judge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chassis.clock import Clock
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts.errors import DomainError
from contracts.rpc.signaling import Located, LocateNode
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

Locate = Callable[[LocateNode], Awaitable[Located]]
Address = tuple[str, int]


class Voice:
    """A part of the gateway: the connections that it carries."""

    name = "voice"

    def __init__(self, locate: Locate, clock: Clock, tasks: Tasks, metrics: Metrics) -> None:
        self._locate = locate
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

    async def ask(self, node: str, target: str) -> tuple[int, bytes] | None:
        """A plain GET of a node: status and body; None when there is no such node."""
        address = await self.address(node)
        if address is None:
            return None
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await asyncio.open_connection(*address)
            try:
                head = f"GET {target} HTTP/1.1\r\nhost: voice\r\nconnection: close\r\n\r\n"
                writer.write(head.encode("latin-1"))
                said = await reader.read(_ANSWER_BYTES)
                while more := await reader.read(_ANSWER_BYTES - len(said)):
                    said += more
            finally:
                writer.close()
        top, _, body = said.partition(b"\r\n\r\n")
        return int(top[9:12] or b"0"), body


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
    """What clients ask of a node by HTTP when a connection failed."""
    routes = APIRouter()

    @routes.get("/voice/{node}/{path:path}", include_in_schema=False)
    async def question(node: str, path: str, request: Request) -> Response:
        """Passed on to the node."""
        if path not in _QUESTIONS:
            return Response(b"not found", 404, media_type="text/plain")
        try:
            found = await voice.ask(node, f"/{path}?{request.url.query}")
        except (DomainError, OSError, TimeoutError):
            return Response(b"unavailable", 503, media_type="text/plain")
        status, body = found or (404, b"not found")
        return Response(body, status, media_type="text/plain")

    return routes
