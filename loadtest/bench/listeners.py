"""Many WebSocket clients in one process, cheap enough for a thousand of them on one core."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import cast

MARK = b"TS="
_UPGRADE = (
    b"GET /?v=10&encoding=json HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
INTENTS = (1 << 0) | (1 << 9) | (1 << 15)


class Room:
    """What all listeners have heard: how many marked events, and how late."""

    def __init__(self) -> None:
        self.heard = 0
        self.octets = 0
        self.late: list[float] = []
        self.is_timing = False
        self.goal = 0
        self.reached = asyncio.Event()

    def hear(self, data: bytes) -> None:
        """Count the marks in these bytes; time the last of them."""
        count = data.count(MARK)
        if not count:
            return
        self.heard += count
        self.octets += len(data)
        if self.is_timing:
            at = data.rfind(MARK) + 3
            self.late.append(perf_counter() - int(data[at : at + 16]) / 1e6)
        if self.heard >= self.goal:
            self.reached.set()

    async def expect(self, more: int) -> None:
        """Wait until so many more were heard."""
        self.goal = self.heard + more
        self.reached.clear()
        await self.reached.wait()


def mark() -> str:
    """Sixteen digits of microseconds, to be found again in what is delivered."""
    return f"TS={int(perf_counter() * 1e6):016d};"


def masked(text: bytes) -> bytes:
    """A client's text frame, with the zero mask."""
    if len(text) < 126:
        return bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text
    return struct.pack("!BBH", 0x81, 0xFE, len(text)) + b"\0\0\0\0" + text


class Listener(asyncio.Protocol):
    """One client. With a token it is ready after its GUILD_CREATE; without, at once."""

    __slots__ = ("_head", "_ready", "_room", "_token", "is_ready", "transport")

    def __init__(self, room: Room, token: str | None, ready: Callable[[], None]) -> None:
        self._room = room
        self._token = token
        self._ready = ready
        self._head = b""
        self.is_ready = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(_UPGRADE)

    def data_received(self, data: bytes) -> None:
        if self.is_ready:
            if self._head:
                data, self._head = self._head + data, b""
            if data.endswith(b"}"):
                self._room.hear(data)
            else:  # the read ended inside a frame
                self._head = data
            return
        self._head += data
        if b"101 Switching" not in self._head:
            return
        if self._token is None or b'"GUILD_CREATE"' in self._head:
            self._begin()
        elif b"heartbeat_interval" in self._head and b"READY" not in self._head:
            token, self._token = self._token, ""
            if token:
                self._identify(token)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_ready:
            self._ready()  # refused: whoever waits looks, and comes again
        self.is_ready = False

    def say(self, text: bytes) -> None:
        """Send a text frame."""
        self.transport.write(masked(text))

    def beat(self) -> None:
        """Tell the gateway that we live."""
        self.say(b'{"op":1,"d":null}')

    def _begin(self) -> None:
        self.is_ready = True
        self._head = b""
        self._ready()

    def _identify(self, token: str) -> None:
        properties = {"os": "linux", "browser": "bench", "device": "bench"}
        d = {"token": token, "intents": INTENTS, "properties": properties}
        self.say(json.dumps({"op": 2, "d": d}).encode())


async def gather(
    port: int, room: Room, tokens: list[str | None], *, at_once: int = 50
) -> list[Listener]:
    """Connect one listener for each token and wait until all are ready."""
    loop = asyncio.get_running_loop()
    limit = asyncio.Semaphore(at_once)

    async def one(token: str | None) -> Listener:
        async with limit, asyncio.timeout(60):
            while True:
                ready = asyncio.Event()
                _, listener = await loop.create_connection(
                    partial(Listener, room, token, ready.set), "127.0.0.1", port
                )
                await ready.wait()
                if listener.is_ready:
                    return listener

    return list(await asyncio.gather(*(one(token) for token in tokens)))
