"""The reference for fan-out: the least that a Python broadcast server on uvloop can do.

No sessions, no permissions, no heartbeats: whatever one client says goes to all of them, framed
once.
`python -m loadtest.reference.minimal PORT`
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct
import sys
from typing import cast

import uvloop

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Client(asyncio.Protocol):
    """One socket of the only room."""

    __slots__ = ("buffer", "is_open", "transport")
    room: dict[Client, None] = {}  # noqa: RUF012 (the whole point of this server)

    def __init__(self) -> None:
        self.buffer = b""
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.room.pop(self, None)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open:
            self._open()
        while (text := self._next_text()) is not None:
            frame = framed(text)
            for client in self.room:
                client.transport.write(frame)

    def _open(self) -> None:
        head, end, self.buffer = self.buffer.partition(b"\r\n\r\n")
        if not end:
            self.buffer = head
            return
        key = head.lower().partition(b"sec-websocket-key:")[0]
        given = head[len(key) + 18 :].partition(b"\r\n")[0].strip()
        accept = base64.b64encode(hashlib.sha1(given + _GUID).digest())
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self.is_open = True
        self.room[self] = None

    def _next_text(self) -> bytes | None:
        buffer = self.buffer
        if not self.is_open or len(buffer) < 6:
            return None
        size, start = buffer[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(buffer[2:4], "big"), 4
        if len(buffer) < start + 4 + size:
            return None
        mask, body = buffer[start : start + 4], buffer[start + 4 : start + 4 + size]
        self.buffer = buffer[start + 4 + size :]
        if mask != b"\0\0\0\0":
            whole = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
            body = (int.from_bytes(body, "big") ^ whole).to_bytes(size, "big")
        return body


def framed(text: bytes) -> bytes:
    """One unmasked text frame."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    return struct.pack("!BBH", 0x81, 126, len(text)) + text


async def main(port: int) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Client, "127.0.0.1", port, backlog=4096)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
