"""The thin path for hot routes: from parsed bytes to one write, without ASGI and mostly without a
task.

Everything that is no hot route is served by FastAPI, on the same connection. The edge sends one
request at a time on a connection; whoever pipelines behind a hot request, or a hot request behind
another, is disconnected after the answer to the one before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
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
from contracts.errors import DomainError, ErrorCode
from contracts.identity import Identity
from contracts.limits import BODY_BYTES

_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"


class Promise(NamedTuple):
    """An answer that is known when a future ends: no task has to wait for it."""

    future: asyncio.Future[Any]
    render: Callable[[Any], bytes | Coroutine[Any, Any, bytes]]


Begun = Promise | Coroutine[Any, Any, bytes]
HotHandler = Callable[[Identity, bytes], Begun]
HotRoutes = Callable[[str, str, bytes], HotHandler | None]
"""(method, path, query) -> handler, or None for everything that FastAPI serves."""


class Hot:
    """What the connections of a service share."""

    def __init__(
        self, routes: HotRoutes, *, verifier: Verifier, metrics: Metrics, clock: Clock
    ) -> None:
        self.routes = routes
        self.verify = verifier
        self.clock = clock
        self._seconds = metrics.histogram("hot_request_seconds", "Time of hot routes", ("status",))
        self._children: dict[int, Any] = {}

    def observe(self, status: int, seconds: float) -> None:
        """One request was answered."""
        child = self._children.get(status)
        if child is None:
            child = self._children[status] = self._seconds.labels(str(status))
        child.observe(seconds)

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


class HotProtocol(HttpToolsProtocol):
    """One connection."""

    hot: Hot
    _handler: HotHandler | None = None
    _body = b""
    _began = 0.0
    _is_busy = False
    _is_last = False

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
        self._handler = self.hot.routes(method, path, url.query or b"") if "%" not in path else None
        if self._handler is None:
            self._pass_on()
        elif self.cycle is not None and not self.cycle.response_complete:
            # Answered now, it would be taken for the answer that FastAPI still owes.
            self._handler = None
            self._is_last = True
            self.cycle.keep_alive = False
        else:
            self._body = b""
            self._began = self.hot.clock.monotonic()
            if self.expect_100_continue:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

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
        identity = request = None
        for name, value in self.headers:
            if name == b"x-identity":
                identity = value.decode("latin-1")
            elif name == b"x-request-id":
                request = value.decode("latin-1")
        try:
            if len(self._body) > BODY_BYTES:
                raise DomainError(ErrorCode.BODY_TOO_LARGE)
            who = self.hot.verify(identity)
            logs.request_id.set(request or "")
            logs.user_id.set(who.user_id)
            self._begin(handler(who, self._body))
        except Exception as error:  # the outermost door of this path
            self._refuse(error)

    def _begin(self, begun: Begun) -> None:
        if isinstance(begun, Promise):
            begun.future.add_done_callback(partial(self._promised, begun.render))
            return
        task = self.loop.create_task(self._wait(begun))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _promised(
        self,
        render: Callable[[Any], bytes | Coroutine[Any, Any, bytes]],
        future: asyncio.Future[Any],
    ) -> None:
        try:
            rendered = render(future.result())
            if isinstance(rendered, bytes):
                self._answer(rendered)
            else:
                self._begin(rendered)
        except Exception as error:  # as above
            self._refuse(error)

    async def _wait(self, work: Coroutine[Any, Any, bytes]) -> None:
        try:
            body = await work
        except Exception as error:  # as above
            self._refuse(error)
        else:
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        self._finish(200, _OK % (len(body), body))

    def _refuse(self, error: Exception) -> None:
        refusal = as_domain_error(error)
        body = body_of(refusal)
        lines = [f"HTTP/1.1 {refusal.status} -", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers_of(refusal).items()]
        head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""])
        self._finish(refusal.status, head.encode() + body)

    def _finish(self, status: int, data: bytes) -> None:
        self._is_busy = False
        self.hot.observe(status, self.hot.clock.monotonic() - self._began)
        if self.transport.is_closing():
            return
        self.transport.write(data)
        if self._is_last:
            self.transport.close()
        self.on_response_complete()
