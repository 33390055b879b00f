"""The admin port: /livez (this process turns), /readyz (every part says yes), /metrics. Never
proxied.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson

from chassis.metrics import Metrics

_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


class Health:
    """A minimal HTTP server: it must answer even when the framework is the problem."""

    name = "health"

    def __init__(
        self,
        bind: str,
        port: int,
        *,
        troubles: Callable[[], dict[str, str | None]],
        metrics: Metrics,
    ) -> None:
        self._bind = bind
        self._port = port
        self._troubles = troubles
        self._metrics = metrics
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(
            self._serve, self._bind, self._port, limit=8 << 10
        )

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    def trouble(self) -> str | None:
        """Nothing can be wrong with it that anybody could still ask about."""
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(5):
                head = await reader.readuntil(b"\r\n\r\n")
            method, path, *_ = head.split(b" ", 2)
            writer.write(self._answer(method, path))
            await writer.drain()
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            pass  # a prober that went away, or that does not speak HTTP
        except asyncio.LimitOverrunError:
            pass
        finally:
            writer.close()

    def _answer(self, method: bytes, path: bytes) -> bytes:
        status, kind, body = 200, "application/json", b"{}"
        if method not in (b"GET", b"HEAD"):
            status = 405
        elif path == b"/livez":
            body = b'{"live":true}'
        elif path == b"/readyz":
            troubles = self._troubles()
            is_ready = not any(troubles.values())
            status = 200 if is_ready else 503
            body = orjson.dumps({"ready": is_ready, "parts": troubles})
        elif path == b"/metrics":
            kind, body = "text/plain; version=0.0.4", self._metrics.render()
        else:
            status = 404
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + (b"" if method == b"HEAD" else body)
