"""The thin path for hot routes: from parsed bytes to one write, without ASGI and mostly without a
task.

Everything that is no hot route is served by FastAPI, on the same connection. Over HTTP the edge
sends one request at a time on a connection; whoever pipelines behind a hot request, or a hot
request behind another, is disconnected after the answer to the one before. Many at once come over a
lane.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, NamedTuple

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from chassis import logs
from chassis.clock import Clock
from chassis.errors import as_domain_error, body_of, headers_of
from chassis.identity import Verifier
from chassis.metrics import Metrics
from contracts import lane
from contracts.errors import DomainError, ErrorCode
from contracts.identity import Identity
from contracts.limits import BODY_BYTES

_REMEMBERED = 4_096
_OK_LABEL = ("200",)
_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"


class Promise(NamedTuple):
    """An answer that is known when a future ends: no task has to wait for it."""

    future: asyncio.Future[Any]
    render: Callable[[Any], bytes | Coroutine[Any, Any, bytes]]


Begun = Promise | Coroutine[Any, Any, bytes]
HotHandler = Callable[[Identity, bytes], Begun]
HotRoutes = Callable[[str, str, bytes], HotHandler | None]
"""(method, path, query) -> handler, or None for everything that FastAPI serves."""
Reply = Callable[[int, Mapping[str, str], bytes], None]
"""Takes the one answer: status, headers beside the usual ones, JSON."""


class Hot:
    """What the connections of a service share."""

    def __init__(
        self, routes: HotRoutes, *, verifier: Verifier, metrics: Metrics, clock: Clock
    ) -> None:
        self.routes = routes
        self.verify = verifier
        self.clock = clock
        self._seconds = metrics.durations("hot_request_seconds", "Time of hot routes", ("status",))
        self._handlers: dict[tuple[bytes, bytes], HotHandler] = {}

    def handler(self, method: bytes, path: bytes) -> HotHandler | None:
        """The handler of a path without a query; it knows nothing of who asks, so it is kept."""
        key = (method, path)
        found = self._handlers.get(key)
        if found is None:
            found = self.routes(method.decode("latin-1"), path.decode("latin-1"), b"")
            if found is not None:
                if len(self._handlers) >= _REMEMBERED:
                    self._handlers.clear()
                self._handlers[key] = found
        return found

    def observe(self, status: int, seconds: float) -> None:
        """One request was answered."""
        self._seconds.observe(_OK_LABEL if status == 200 else (str(status),), seconds)

    def protocol_class(self) -> type[HttpToolsProtocol]:
        """The class that uvicorn makes one of per connection."""
        hot = self

        class BoundHotProtocol(HotProtocol):
            """With uvicorn's signature."""

            def __init__(
                self,
                config: Config,
                server_state: ServerState,
                app_state: dict[str, Any],
                _loop: asyncio.AbstractEventLoop | None = None,
            ) -> None:
                super().__init__(config, server_state, app_state, _loop)
                self.hot = hot

        return BoundHotProtocol


class Visit:
    """One request to a hot route: whatever happens inside, one answer comes of it."""

    __slots__ = ("_began", "_hot", "_reply", "_tasks")

    def __init__(self, hot: Hot, tasks: set[asyncio.Task[None]], reply: Reply) -> None:
        self._hot = hot
        self._tasks = tasks
        self._reply = reply
        self._began = hot.clock.monotonic()

    def serve(
        self, handler: HotHandler, identity: str | None, request_id: str, body: bytes
    ) -> None:
        """Have it answered, now or later."""
        try:
            if len(body) > BODY_BYTES:
                raise DomainError(ErrorCode.BODY_TOO_LARGE)
            who = self._hot.verify(identity)
            logs.request_id.set(request_id)
            logs.user_id.set(who.user_id)
            self._begin(handler(who, body))
        except Exception as error:  # the outermost door of this path
            self.refuse(error)

    def refuse(self, error: Exception) -> None:
        """Say why not."""
        refusal = as_domain_error(error)
        self._finish(refusal.status, headers_of(refusal), body_of(refusal))

    def _begin(self, begun: Begun) -> None:
        if isinstance(begun, Promise):
            begun.future.add_done_callback(partial(self._promised, begun.render))
            return
        task = asyncio.get_running_loop().create_task(self._wait(begun))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _promised(
        self,
        render: Callable[[Any], bytes | Coroutine[Any, Any, bytes]],
        future: asyncio.Future[Any],
    ) -> None:
        try:
            rendered = render(future.result())
            if isinstance(rendered, bytes):
                self._finish(200, {}, rendered)
            else:
                self._begin(rendered)
        except Exception as error:  # as above
            self.refuse(error)

    async def _wait(self, work: Coroutine[Any, Any, bytes]) -> None:
        try:
            body = await work
        except Exception as error:  # as above
            self.refuse(error)
        else:
            self._finish(200, {}, body)

    def _finish(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._hot.observe(status, self._hot.clock.monotonic() - self._began)
        self._reply(status, headers, body)


class HotProtocol(HttpToolsProtocol):
    """One connection."""

    hot: Hot
    _handler: HotHandler | None = None
    _visit: Visit
    _body = b""
    _is_new = True
    _is_busy = False
    _is_last = False

    def data_received(self, data: bytes) -> None:
        """Bytes of requests; or a lane begins."""
        if self._is_new and data.startswith(lane.OPENING):
            end = LaneProtocol(self.hot, self.server_state, self.transport)
            self.connections.discard(self)
            self.transport.set_protocol(end)
            end.begin(data[len(lane.OPENING) :])
            return
        self._is_new = False
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request begins; what ASGI needs of it is made only if ASGI serves it."""
        self._is_last = self._is_busy
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Hot or not?"""
        if self._is_last:
            return
        url = httptools.parse_url(self.url)
        method = self.parser.get_method().decode("ascii")
        path = url.path.decode("ascii")
        if "%" not in path and not self._is_in_parts():
            self._handler = self.hot.routes(method, path, url.query or b"")
        if self._handler is None:
            self._pass_on()
        elif self.cycle is not None and not self.cycle.response_complete:
            # Answered now, it would be taken for the answer that FastAPI still owes.
            self._handler = None
            self._is_last = True
            self.cycle.keep_alive = False
        else:
            self._body = b""
            self._visit = Visit(self.hot, self.tasks, self._reply)
            if self.expect_100_continue:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _is_in_parts(self) -> bool:
        """Whether files come along: what takes long to read is FastAPI's."""
        return any(
            name == b"content-type" and value.lower().startswith(b"multipart/")
            for name, value in self.headers
        )

    def _pass_on(self) -> None:
        whole, headers, is_waiting = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url = whole
        self.headers += headers
        self.expect_100_continue = is_waiting
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """More of the body."""
        if self._handler is None:
            if not self._is_last:
                super().on_body(body)
        elif len(self._body) <= BODY_BYTES:
            self._body += body

    def on_message_complete(self) -> None:
        """The request is here."""
        handler, self._handler = self._handler, None
        if handler is not None:
            self._is_busy = True
            self._serve(handler)
        elif not self._is_last:
            super().on_message_complete()

    def shutdown(self) -> None:
        """Finish what is under way, then close."""
        if self._is_busy:
            self._is_last = True
        else:
            super().shutdown()

    def _serve(self, handler: HotHandler) -> None:
        identity, request = None, ""
        for name, value in self.headers:
            if name == b"x-identity":
                identity = value.decode("latin-1")
            elif name == b"x-request-id":
                request = value.decode("latin-1")
        self._visit.serve(handler, identity, request, self._body)

    def _reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._is_busy = False
        if self.transport.is_closing():
            return
        self.transport.write(
            _OK % (len(body), body) if status == 200 else _head(status, headers, body)
        )
        if self._is_last:
            self.transport.close()
        self.on_response_complete()


def _head(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} -", "content-type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


class LaneProtocol(asyncio.Protocol):
    """A lane's end at the service: many questions in one read, many answers in one write."""

    def __init__(self, hot: Hot, server: ServerState, transport: asyncio.Transport) -> None:
        self._hot = hot
        self._server = server
        self._transport = transport
        self._rest = b""
        self._answers: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    def begin(self, rest: bytes) -> None:
        """Take the connection over."""
        self._server.connections.add(self)  # type: ignore[arg-type]
        self._transport.write(lane.ACCEPTED)
        if rest:
            self.data_received(rest)

    def data_received(self, data: bytes) -> None:
        """Questions."""
        try:
            asked, self._rest = lane.questions(self._rest + data if self._rest else data)
        except ValueError:
            self._transport.abort()
            return
        for turn, method, path, identity, request_id, body in asked:
            visit = Visit(self._hot, self._server.tasks, partial(self._reply, turn))
            handler = self._hot.handler(method, path)
            if handler is None:
                visit.refuse(DomainError(ErrorCode.NOT_FOUND))
            else:
                visit.serve(handler, identity.decode("latin-1"), request_id.decode("latin-1"), body)

    def connection_lost(self, exc: Exception | None) -> None:
        """The edge is gone; what it asked is done nevertheless."""
        del exc
        self._server.connections.discard(self)

    def pause_writing(self) -> None:
        """The edge is slow to read: it is to ask no more."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The edge reads again."""
        self._transport.resume_reading()

    def shutdown(self) -> None:
        """uvicorn stops: the edge hangs up when it has its answers."""
        self._say(lane.FAREWELL)

    def _reply(self, turn: bytes, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._server.total_requests += 1
        lines = (
            "".join(f"{name}: {value}\r\n" for name, value in headers.items()) if headers else ""
        )
        self._say(lane.reply(turn, status, lines.encode(), body))

    def _say(self, data: bytes) -> None:
        if not self._answers:
            self._loop.call_soon(self._flush)
        self._answers.append(data)

    def _flush(self) -> None:
        answers, self._answers = self._answers, []
        if not self._transport.is_closing():
            self._transport.write(b"".join(answers))
