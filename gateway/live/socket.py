"""A WebSocket connection of either door: handshake, bytes in and out, a slow reader, the goodbye.
What is said on it is the door's own (ws.py, and gateway/stomp).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from typing import cast

from chassis.logs import logger
from contracts import limits
from contracts.closecodes import ENDS_SESSION, Close
from gateway.live.codec import Encoding
from gateway.live.frames import (
    PONG,
    Closed,
    Fault,
    Message,
    Parser,
    Ping,
    Pong,
    Received,
    accept_key,
    close_frame,
    frame,
)
from gateway.live.lobby import Lobby
from gateway.live.outlet import Outlet, Sink
from gateway.live.viewer import Viewer

log = logger("ws")

_MINUTE_S = 60.0
GOODBYE_S = 5.0
"""For so long the peer may take to answer a close."""

Headers = list[tuple[bytes, bytes]]


class Socket(asyncio.Protocol, ABC):
    """A client's connection, from the handshake to its end."""

    __slots__ = (
        "_leaves_at",
        "_lobby",
        "_parser",
        "_pinged_since",
        "_pings",
        "_stalled_at",
        "_task",
        "_transport",
        "_viewer",
        "bucket",
        "encoding",
        "in_vain",
        "outlet",
        "sink",
        "version",
    )

    outlet: Outlet
    sink: Sink
    protocols: tuple[bytes, ...] = ()
    """Subprotocols it speaks, the best first."""

    def __init__(self, lobby: Lobby, most_bytes: int) -> None:
        self._lobby = lobby
        self._transport: asyncio.Transport | None = None
        self._parser = Parser(most_bytes)
        self._viewer: Viewer | None = None
        self._task: asyncio.Task[None] | None = None
        self._stalled_at: float | None = None
        self._leaves_at = 0.0
        self._pinged_since, self._pings = 0.0, 0
        self.bucket = 0
        self.in_vain: Callable[[], None] | None = None
        """Told when nobody is known by what this client shows."""
        self.encoding = Encoding.JSON
        self.version = 10

    def adopt(
        self, transport: asyncio.Transport, line: bytes, headers: Headers, leftover: bytes
    ) -> None:
        """Take a transport over from the HTTP side. `line` is b"GET /path?query"; `leftover` is
        what came behind the request.
        """
        answer, is_welcome = answer_to(
            dict(headers), is_draining=self._lobby.is_draining, protocols=self.protocols
        )
        if is_welcome:
            # First: it asks to be told of a full transport, and what is told needs it.
            self.outlet = Outlet(cast(asyncio.WriteTransport, transport))
        transport.set_protocol(self)
        if not is_welcome:
            transport.write(answer)
            transport.close()
            return
        self._transport = transport
        if self.outlet.stalled:
            self._stalled_at = self._lobby.clock.monotonic()
        self._lobby.sockets.add(self)
        self.outlet.cork()
        self.outlet.push(answer)
        if not self._begin(line):
            return
        self.outlet.uncork()
        self._watch()
        if leftover:
            self.data_received(leftover)

    # What each door does its own way.

    @abstractmethod
    def _begin(self, line: bytes) -> bool:
        """The handshake is over: get ready, and greet; False if it was closed at once."""

    @abstractmethod
    def _hear(self, payload: bytes) -> None:
        """A whole message came."""

    @abstractmethod
    def _over(self, close: Close) -> None:
        """Nothing counts any more."""

    @abstractmethod
    def _tick(self, now: float) -> None:
        """A deadline of the session may have passed."""

    @abstractmethod
    def _due(self) -> float | None:
        """The session's next deadline."""

    # The transport's side.

    def data_received(self, data: bytes) -> None:
        """Bytes of frames."""
        for received in self._parser.feed(data):
            self._take(received)

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        self._stalled_at = self._lobby.clock.monotonic()
        self.outlet.pause()
        self._watch()

    def resume_writing(self) -> None:
        """It reads again."""
        self._stalled_at = None
        self.outlet.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; the session may be gone on with."""
        del exc
        if self._transport is not None:
            self.outlet.shut()  # before anything else: its socket is about to be somebody else's
        self._forget(is_resumable=True)
        self._over(Close.UNKNOWN_ERROR)
        self._transport = None
        self._lobby.sockets.discard(self)
        self._lobby.wheel.remove(self)

    # The lobby's side.

    def go_live(self, viewer: Viewer) -> None:
        """READY or RESUMED was said."""
        self.in_vain = None
        self._viewer = viewer
        self._task = None

    @abstractmethod
    def refuse(self) -> None:
        """The session is unknown or can not be gone on with."""

    def invalidate(self) -> None:
        """What this session needs was lost: it has to begin anew."""
        self._forget(is_resumable=False)
        self.refuse()

    @abstractmethod
    def reconnect(self) -> None:
        """The process is about to stop."""

    def close(self, close: Close) -> None:
        """Say why and hang up; the peer has a moment to answer."""
        if self._transport is None or self._leaves_at:
            return
        if close is Close.AUTHENTICATION_FAILED and self.in_vain is not None:
            self.in_vain()
        self._over(close)
        self._forget(is_resumable=close.may_resume)
        self.outlet.shut()
        self._transport.write(close_frame(close.code, close.reason))
        self._leaves_at = self._lobby.clock.monotonic() + GOODBYE_S
        if self._lobby.is_draining:
            self._transport.close()
        self._watch()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be said."""
        return self._transport is None or bool(self._leaves_at)

    def expire(self, now: float) -> float | None:
        """A deadline may have passed."""
        if self._transport is None:
            return None
        if self._leaves_at and now >= self._leaves_at:
            self._transport.abort()
            return None
        stalled = self._stalled_at
        if stalled is not None and now >= stalled + limits.WRITE_DEADLINE_S:
            log.info("reader.too_slow", session=self._viewer.session_id if self._viewer else "")
            self._transport.abort()
            return None
        self._tick(now)
        return self._next_deadline()

    # Inside.

    def _take(self, received: Received) -> None:
        match received:
            case Message():
                self._hear(received.payload)
            case Ping() if not self.is_over:
                self._answer(received.payload)
            case Pong() if self._viewer is not None:
                self._lobby.echoed(self._viewer, received.payload)
            case Closed():
                self._closed(received)
            case Fault():
                # Discord's own answer to a payload that is too big.
                is_big = received.close is Close.TOO_BIG
                self.close(Close.DECODE_ERROR if is_big else received.close)
                self._fall_silent()

    def _answer(self, payload: bytes) -> None:
        now = self._lobby.clock.monotonic()
        if now - self._pinged_since >= _MINUTE_S:
            self._pinged_since, self._pings = now, 0
        self._pings += 1
        if self._pings > limits.GATEWAY_PINGS_PER_MINUTE:
            # Each is answered, and what its sender does not read would wait here.
            self.close(Close.RATE_LIMITED)
        else:
            self.outlet.push(frame(PONG, payload))

    def _closed(self, closed: Closed) -> None:
        transport = self._transport
        if transport is None:
            return
        self._forget(is_resumable=closed.code not in ENDS_SESSION)
        self._over(Close.NORMAL)
        self.outlet.shut()
        if not self._leaves_at:
            transport.write(close_frame(1000 if closed.code == 1005 else closed.code))
        transport.close()

    def _fall_silent(self) -> None:
        """The peer's answer to a close will not be read: it is to see at once that no more comes.
        Closing would let the kernel take back what the peer has not read of the reason.
        """
        transport = self._transport
        if transport is not None and not transport.is_closing() and transport.can_write_eof():
            transport.write_eof()

    def _forget(self, *, is_resumable: bool) -> None:
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
        viewer, self._viewer = self._viewer, None
        if viewer is not None:
            self._lobby.gone(viewer, is_resumable=is_resumable)

    def _watch(self) -> None:
        deadline = self._next_deadline()
        if deadline is not None and self._transport is not None:
            self._lobby.wheel.put(self, deadline)

    def _next_deadline(self) -> float | None:
        stalled = self._stalled_at
        cut = None if stalled is None else stalled + limits.WRITE_DEADLINE_S
        due = (self._due(), cut, self._leaves_at or None)
        return min((at for at in due if at is not None), default=None)


def answer_to(
    headers: dict[bytes, bytes], *, is_draining: bool, protocols: tuple[bytes, ...] = ()
) -> tuple[bytes, bool]:
    """The answer to a handshake (RFC 6455 4.2), and whether it opens a WebSocket. Extensions that
    are offered, such as permessage-deflate, are declined by not being named.
    """
    if is_draining:
        return _refusal(b"503 Service Unavailable", b"Retry-After: 1\r\n"), False
    if headers.get(b"sec-websocket-version", b"").strip() != b"13":
        return _refusal(b"426 Upgrade Required", b"Sec-WebSocket-Version: 13\r\n"), False
    key = headers.get(b"sec-websocket-key", b"").strip()
    is_upgrade = b"websocket" in headers.get(b"upgrade", b"").lower()
    if not is_upgrade or not _is_key(key):
        return _refusal(b"400 Bad Request", b""), False
    offered = {each.strip() for each in headers.get(b"sec-websocket-protocol", b"").split(b",")}
    chosen = next((each for each in protocols if each in offered), None)
    more = b"" if chosen is None else b"Sec-WebSocket-Protocol: %b\r\n" % chosen
    accept = accept_key(key.decode()).encode()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n%b\r\n" % (accept, more),
        True,
    )


def _refusal(status: bytes, extra: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\n%bConnection: close\r\nContent-Length: 0\r\n\r\n" % (status, extra)


def _is_key(key: bytes) -> bool:
    try:
        return len(b64decode(key, validate=True)) == 16
    except NotBase64:
        return False
