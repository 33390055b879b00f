"""HTTP clients that repeat prepared requests on keep-alive connections, one in flight each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import cast

Request = Callable[[], bytes]


def post(path: str, body: bytes, token: str = "") -> bytes:
    """A prepared request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, token: str) -> bytes:
    """The same for reading."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n\r\n".encode()


class Sender(asyncio.Protocol):
    """One connection. It parses no more of an answer than its status and its end."""

    def __init__(self) -> None:
        self.refused: dict[bytes, int] = {}
        self._buffer = b""
        self._waiting: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        _, _, after = head.lower().partition(b"content-length:")
        if len(rest) < int(after.partition(b"\r\n")[0]):
            return
        status = self._buffer[9:12]
        if status[:1] != b"2":
            self.refused[status] = self.refused.get(status, 0) + 1
        self._buffer = b""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def send(self, request: bytes) -> None:
        """One request and its answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self._waiting


async def connect(port: int, count: int) -> list[Sender]:
    """Open connections."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Sender, "127.0.0.1", port))[1] for _ in range(count)]


class Run:
    """What a closed loop of senders achieved."""

    def __init__(self, seconds: float, took: list[float], refused: dict[bytes, int]) -> None:
        self.per_second = len(took) / seconds
        self.took = took
        self.refused = refused


async def repeat(senders: list[Sender], request: Request, seconds: float) -> Run:
    """Everybody sends as fast as answers come, for so long."""
    took: list[float] = []
    began = perf_counter()
    end = began + seconds

    async def one(sender: Sender) -> None:
        while (now := perf_counter()) < end:
            await sender.send(request())
            took.append(perf_counter() - now)

    await asyncio.gather(*(one(sender) for sender in senders))
    refused: dict[bytes, int] = {}
    for sender in senders:
        for status, count in sender.refused.items():
            refused[status] = refused.get(status, 0) + count
        sender.refused.clear()
    return Run(perf_counter() - began, took, refused)
