"""One WebSocket of media signaling: what is said is queued, in order, and a client that does not
read is let go. What is said is its door's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

_QUEUE = 2_000
_SILENCE_S = 45.0
"""Clients of both protocols ping every few seconds."""
_CORS = (b"access-control-allow-origin", b"*")

Words = bytes | str


class Socket:
    """A connection whose handshake was answered."""

    def __init__(self, receive: Receive, send: Send, *, holds: bool, silence_s: float) -> None:
        self._receive = receive
        self._send = send
        self._silence_s = silence_s
        self._queue: asyncio.Queue[Words | int] = asyncio.Queue(_QUEUE)
        self._held: list[Words] | None = [] if holds else None
        """What waits for the first word."""
        self.is_over = False

    def open_with(self, first: Words) -> None:
        """Say this first, and whatever was to be said meanwhile behind it."""
        held, self._held = self._held or [], None
        for words in (first, *held):
            self.say(words)

    def say(self, words: Words) -> None:
        """Say it after all that was said."""
        if self._held is not None:
            self._held.append(words)
        elif not self.is_over:
            self._put(words)

    def close(self, code: int = 1000) -> None:
        """Close after what was said."""
        if not self.is_over:
            self._put(code)
            self.is_over = True

    async def write(self) -> None:
        """Send what is queued, until the connection is closed or gone."""
        try:
            while not isinstance(words := await self._queue.get(), int):
                key = "text" if isinstance(words, str) else "bytes"
                await self._send({"type": "websocket.send", key: words})
            await self._send({"type": "websocket.close", "code": words})
        except (OSError, ClientDisconnected):
            self.is_over = True

    async def read(self) -> AsyncIterator[Words]:
        """What the client says, until it is gone or says nothing for too long."""
        while not self.is_over:
            try:
                async with asyncio.timeout(self._silence_s):
                    message = await self._receive()
            except TimeoutError:
                return
            if message["type"] != "websocket.receive":
                return
            text = message.get("text")
            yield text if text is not None else message.get("bytes") or b""

    def _put(self, words: Words | int) -> None:
        try:
            self._queue.put_nowait(words)
        except asyncio.QueueFull:
            # It has read nothing for very long: what follows would be of no use to it.
            self.is_over = True
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(1008)


async def accept(
    receive: Receive, send: Send, *, holds: bool = True, silence_s: float = _SILENCE_S
) -> Socket:
    """Answer the handshake. `holds`: nothing is said before the first word."""
    await receive()
    await send({"type": "websocket.accept"})
    return Socket(receive, send, holds=holds, silence_s=silence_s)


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    """Answer a handshake or a request by HTTP; pages of any origin may read it."""
    if scope["type"] == "websocket":
        await receive()
        start, body = "websocket.http.response.start", "websocket.http.response.body"
    else:
        start, body = "http.response.start", "http.response.body"
    data = text.encode()
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", b"%d" % len(data)),
        _CORS,
    ]
    await send({"type": start, "status": status, "headers": headers})
    await send({"type": body, "body": data})
    if scope["type"] == "websocket":
        # uvicorn takes a handshake that was answered so for one that was forgotten, and complains.
        raise ClientDisconnected


def query_of(scope: Scope) -> dict[str, str]:
    """The query, the last of each name."""
    found = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return {name: values[-1] for name, values in found.items()}


def bearer_of(scope: Scope) -> str:
    """The token, wherever a client puts it."""
    given = query_of(scope).get("access_token", "")
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            given = value[7:].decode("latin-1")
    return given.strip()
