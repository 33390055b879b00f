"""Runs the edge's own small application for one request. The request's body is small and held
whole; an answer that is not goes on as it comes, and waits while the client is slow.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from gateway.rest.heads import Head, Response, lines_of, opening
from gateway.rest.upstream import Way


@dataclass(slots=True)
class Served:
    """What the application answered, if it is for the exchange to send it."""

    status: int = 500
    lines: bytes = b""
    body: bytes = b""


class Asker(Protocol):
    """An exchange that an answer goes to piece by piece, as one of a service does."""

    upstream: Way | None
    is_head: bool
    is_gone: bool

    def respond(self, response: Response, body: bytes) -> None:
        """The answer began."""

    def more(self, data: bytes, plain: bytes) -> None:
        """More of its body."""

    def finish(self) -> None:
        """It is whole."""


class _Flow:
    """An answer on its way, as the exchange's connection knows it."""

    def __init__(self) -> None:
        self._free = asyncio.Event()
        self._free.set()

    def write(self, data: bytes) -> None:
        """The request was whole before."""

    def pause(self, *, is_paused: bool) -> None:
        """Stop or go on: the client is slow."""
        if is_paused:
            self._free.clear()
        else:
            self._free.set()

    def leave(self) -> None:
        """Nobody waits for it any more."""
        self._free.set()

    drop = leave

    async def freed(self) -> None:
        """Wait until the client takes more."""
        await self._free.wait()


async def serve(app: ASGIApp, head: Head, path: bytes, body: bytes, asker: Asker) -> Served:
    """One request through the application. Unless the asker is gone afterwards, what was answered
    is still to be sent.
    """
    served, flow = Served(), _Flow()
    pending = [{"type": "http.request", "body": body, "more_body": False}]
    headers: list[tuple[bytes, bytes]] = []

    async def receive() -> dict[str, Any]:
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            served.status = message["status"]
            headers[:] = message.get("headers", ())
            served.lines = lines_of(headers)
        elif message["type"] == "http.response.body":
            if asker.upstream is flow or message.get("more_body"):
                await _go_on(asker, flow, served.status, headers, message)
            else:
                served.body += message.get("body", b"")

    with suppress(ClientDisconnect):
        await app(_scope(head, path), receive, send)
    return served


async def _go_on(
    asker: Asker, flow: _Flow, status: int, headers: list[tuple[bytes, bytes]], message: Any
) -> None:
    if not asker.is_gone and asker.upstream is None:
        asker.upstream = flow
        asker.respond(opening(status, headers), b"")
        if asker.is_head:
            asker.finish()
    if not asker.is_gone and (data := message.get("body", b"")):
        asker.more(data, data)
        await flow.freed()
    if asker.is_gone:
        raise OSError("nobody waits for this any more")
    if not message.get("more_body"):
        asker.finish()


def _scope(head: Head, path: bytes) -> dict[str, Any]:
    # Of a familiar head the lines are joined already.
    lines = b"".join(head.passing).splitlines()
    headers = [
        (name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)
    ]
    headers.append((b"host", head.special.get(b"host", b"")))
    if (shown := head.special.get(b"authorization")) is not None:
        headers.append((b"authorization", shown))
    return {
        "type": "http",
        # From 2.4 on a stream ends when sending fails, and does not listen for the client's end.
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        # An application answers HEAD as GET; the body is left out when the answer is written.
        "method": "GET" if head.method == b"HEAD" else head.method.decode("ascii"),
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": head.query[1:],
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": None,
    }
