"""Runs the edge's own small application for one request. Bodies are small here and held whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp

from gateway.rest.heads import Head, lines_of


@dataclass(slots=True)
class Served:
    """What the application answered."""

    status: int = 500
    lines: bytes = b""
    body: bytes = b""


async def serve(app: ASGIApp, head: Head, path: bytes, body: bytes) -> Served:
    """One request through the application."""
    served = Served()
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            served.status = message["status"]
            served.lines = lines_of(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            served.body += message.get("body", b"")

    await app(_scope(head, path), receive, send)
    return served


def _scope(head: Head, path: bytes) -> dict[str, Any]:
    # Of a familiar head the lines are joined already.
    lines = b"".join(head.passing).splitlines()
    headers = [
        (name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)
    ]
    headers.append((b"host", head.special.get(b"host", b"")))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
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
