"""The HTTP face of a service: request id, identity, error rendering and timing around FastAPI, and
a thin path for hot routes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chassis import logs, reason
from chassis.clock import Clock
from chassis.errors import as_domain_error, body_of, headers_of, invalid_form
from chassis.identity import Verifier
from chassis.metrics import Metrics
from contracts.errors import DomainError, ErrorCode
from contracts.limits import BODY_BYTES
from contracts.wire import Wire

JSON_TYPE = b"application/json"
"""Exactly this: with a charset appended some client libraries treat the body as text."""


def answer(shape: Wire | Sequence[Wire], status: int = 200) -> Response:
    """A shape, or a list of them, as JSON."""
    if isinstance(shape, Wire):
        body = shape.encode()
    else:
        body = orjson.dumps([one.dump() for one in shape])
    return Response(body, status, media_type="application/json")


def nothing() -> Response:
    """It is done, and there is nothing to say."""
    return Response(status_code=204)


def application(title: str, *routers: APIRouter) -> FastAPI:
    """A FastAPI app that renders every failure in the contract's shape."""
    app = FastAPI(title=title, openapi_url=None, docs_url=None, redoc_url=None)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(DomainError, _render)
    app.add_exception_handler(RequestValidationError, _render_form)
    app.add_exception_handler(HTTPException, _render_http)
    app.add_exception_handler(Exception, _render)
    return app


class Front:
    """The ASGI app that uvicorn runs for a service."""

    def __init__(
        self,
        app: FastAPI,
        *,
        verifier: Verifier,
        metrics: Metrics,
        clock: Clock,
        body_bytes: int = BODY_BYTES,
    ) -> None:
        self._app = app
        self._body_bytes = body_bytes
        self._verify = verifier
        self._clock = clock
        self._seconds = metrics.histogram(
            "http_request_seconds", "Time to answer a request", ("route", "status")
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, whatever happens inside."""
        if scope["type"] != "http":
            raise RuntimeError(f"unexpected scope {scope['type']}")
        began = self._clock.monotonic()
        status = 0

        async def watching(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._serve(scope, receive, watching)
        except Exception as error:  # the outermost door: anything else would drop the connection
            # Starlette answers by the handler below and then raises nevertheless.
            if not status:
                refusal = as_domain_error(error)
                await _send(watching, refusal.status, body_of(refusal), headers_of(refusal))
        finally:
            route = getattr(scope.get("route"), "path", "-")
            self._seconds.labels(route, str(status)).observe(self._clock.monotonic() - began)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        identity_header = request = why = None
        for name, value in scope["headers"]:
            if name == b"x-identity":
                identity_header = value.decode("latin-1")
            elif name == b"x-request-id":
                request = value.decode("latin-1")
            elif name == reason.HEADER:
                why = value
        logs.request_id.set(request or "")
        identity = self._verify(identity_header)
        logs.user_id.set(identity.user_id)
        reason.current.set(reason.read(why) if why else None)
        scope.setdefault("state", {})["identity"] = identity
        bound = scope["state"]["body"] = Bound(self._body_bytes)
        await self._app(scope, _bounded(receive, bound), send)


@dataclass(slots=True)
class Bound:
    """How large the body of a request may be."""

    most: int


def allow_body(request: Request, most: int) -> None:
    """For a handler that keeps nothing of a body in memory: it may be this large."""
    request.state.body.most = most


def _bounded(receive: Receive, bound: Bound) -> Receive:
    """The same body, refused where it becomes too large."""
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > bound.most:
            raise DomainError(ErrorCode.BODY_TOO_LARGE)
        return message

    return bounded


async def _send(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    head = [(b"content-type", JSON_TYPE), (b"content-length", b"%d" % len(body))]
    head += [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def _response(error: DomainError) -> Response:
    return Response(
        body_of(error), error.status, headers=headers_of(error), media_type="application/json"
    )


async def _render(request: Request, error: Exception) -> Response:
    del request
    return _response(as_domain_error(error))


async def _render_form(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)
    return _response(invalid_form(error.errors()))


async def _render_http(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)
    code = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD_NOT_ALLOWED}.get(error.status_code)
    return _response(DomainError(code or ErrorCode.GENERAL))
