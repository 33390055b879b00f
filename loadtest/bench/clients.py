"""Clients that behave as libraries do when many come at once: they identify, come again when they
are turned away, and go on with their session when its socket breaks. Cheap enough for thousands.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any, cast

import orjson

from loadtest.bench.listeners import INTENTS, MARK, Room, masked

_UPGRADE = (
    b"GET /?v=10&encoding=json HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
_READY = b'{"t":"READY"'
_RESUMED = b'{"t":"RESUMED"'
_GUILD = b'{"t":"GUILD_CREATE"'
_PRESENCE = b'{"t":"PRESENCE_UPDATE"'
_CHUNK = b'{"t":"GUILD_MEMBERS_CHUNK"'
_SMALL_BUFFER = 16 << 10


class Client(asyncio.Protocol):
    """One socket, and the session it has or wants."""

    def __init__(self, token: str, room: Room | None = None) -> None:
        self.token = token
        self.session: str | None = None
        self.seq = 0
        self.turned_away = 0
        """How often it had to come again."""
        self.told_anew = 0
        """How often its session could not be gone on with."""
        self.presences = 0
        """How often it was told who comes, goes or changes."""
        self.here = 0
        """How many it was told are here, of those it asked for."""
        self.outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """Whether this socket got what it came for."""
        self.broken = asyncio.Event()
        self._room = room
        self._rest = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._rest, self._is_open = b"", False
        self.transport.write(_UPGRADE)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self._is_open:
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            if not end:
                return
            self._is_open = b"101 Switching" in head
            self._rest = rest
        for payload in self._payloads():
            self._take(payload)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._settle(False)
        self.broken.set()

    def stall(self) -> None:
        """Read no more, with next to no room in the kernel."""
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        self.transport.pause_reading()

    def say(self, payload: Any) -> None:
        """One payload."""
        self.transport.write(masked(orjson.dumps(payload)))

    def beat(self) -> None:
        """Tell that we live."""
        if not self.transport.is_closing():
            self.say({"op": 1, "d": self.seq or None})

    def ask_who_is_here(self, guild_id: str) -> None:
        """Everybody, in chunks."""
        self.here = 0
        d = {"guild_id": guild_id, "query": "", "limit": 0, "presences": True}
        self.say({"op": 8, "d": d})

    def _payloads(self) -> Iterator[bytes]:
        rest, at = self._rest, 0
        while len(rest) >= at + 2:
            size, start = rest[at + 1] & 127, at + 2
            if size == 126:
                size, start = int.from_bytes(rest[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, start = int.from_bytes(rest[at + 2 : at + 10], "big"), at + 10
            if len(rest) < start + size:
                break
            if rest[at] & 15 == 1:
                yield rest[start : start + size]
            at = start + size
        self._rest = rest[at:]

    def _take(self, payload: bytes) -> None:
        if payload.startswith(b'{"t":"'):
            begin = payload.index(b'"s":') + 4
            self.seq = int(payload[begin : payload.index(b",", begin)])
            if MARK in payload and self._room is not None:
                self._room.hear(payload)
            elif payload.startswith(_PRESENCE):
                self.presences += 1
            elif payload.startswith(_CHUNK):
                self.here += len(orjson.loads(payload)["d"]["presences"])
            elif payload.startswith(_READY):
                self.session = orjson.loads(payload)["d"]["session_id"]
            elif payload.startswith((_GUILD, _RESUMED)):
                self._settle(True)
            return
        op = orjson.loads(payload)["op"]
        if op == 10:
            self._introduce()
        elif op == 9:
            self.told_anew += 1
            self.session = None
            self._introduce()

    def _introduce(self) -> None:
        if self.session is not None:
            d = {"token": self.token, "session_id": self.session, "seq": self.seq}
            self.say({"op": 6, "d": d})
        else:
            properties = {"os": "linux", "browser": "bench", "device": "bench"}
            d = {"token": self.token, "intents": INTENTS, "properties": properties}
            self.say({"op": 2, "d": d})

    def _settle(self, is_in: bool) -> None:
        if not self.outcome.done():
            self.outcome.set_result(is_in)


async def arrive(client: Client, port: int) -> None:
    """Come, and come again, until the session is there."""
    loop = asyncio.get_running_loop()
    wait = 0.1
    while True:
        client.outcome = loop.create_future()
        client.broken.clear()
        try:
            await loop.create_connection(_always(client), "127.0.0.1", port)
            if await client.outcome:
                return
        except OSError:
            pass
        client.turned_away += 1
        await asyncio.sleep(wait)
        wait = min(2 * wait, 2.0)


async def all_in(clients: list[Client], port: int, within: float) -> list[Client]:
    """Let all of them arrive at once; those who are not in after so many seconds."""
    coming = {asyncio.ensure_future(arrive(client, port)): client for client in clients}
    _, late = await asyncio.wait(coming, timeout=within)
    for task in late:
        task.cancel()
    return [coming[task] for task in late]


def leave(clients: list[Client]) -> None:
    """Hang up without a word."""
    for client in clients:
        client.transport.abort()


def _always(client: Client) -> Callable[[], Client]:
    return lambda: client
