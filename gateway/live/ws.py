"""One gateway WebSocket connection: handshake, bytes in, bytes out, deadlines. What is said and
done is decided by the session (session.py) and carried out by the lobby (lobby.py).
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from typing import cast
from urllib.parse import parse_qs

import orjson

from chassis.logs import logger
from contracts import limits
from contracts.closecodes import ENDS_SESSION, Close
from gateway.live import session as machine
from gateway.live.codec import ZLIB_HEADER, Encoding, segment
from gateway.live.frames import (
    BINARY,
    PONG,
    TEXT,
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
from gateway.live.outlet import Outlet, Sink, ZstdSink
from gateway.live.payloads import Shown
from gateway.live.session import Effect, Send, Session
from gateway.live.viewer import Viewer

log = logger("ws")

VERSIONS = frozenset({"9", "10"})
GOODBYE_S = 5.0
"""For so long the peer may take to answer a close."""

Headers = list[tuple[bytes, bytes]]
Adopt = Callable[[asyncio.Transport, bytes, Headers, bytes], None]


def _words(payload: bytes, *, is_first: bool) -> dict[Encoding, bytes]:
    header = ZLIB_HEADER if is_first else b""
    return {
        Encoding.JSON: frame(TEXT, payload),
        Encoding.ZLIB: frame(BINARY, header + segment(payload)),
        Encoding.ZSTD: payload,
        Encoding.PACKED: frame(TEXT, payload),
    }


_WORDS = {
    each.payload["op"]: _words(orjson.dumps(each.payload), is_first=each is machine.HELLO)
    for each in (machine.HELLO, machine.ACK, machine.INVALID, machine.RECONNECT)
}
"""Everything that is said to all in the same words, by opcode."""


def adopter(lobby: Lobby) -> Adopt:
    """What the HTTP edge calls with a transport whose client asks for a WebSocket."""

    def adopt(transport: asyncio.Transport, line: bytes, headers: Headers, leftover: bytes) -> None:
        GatewaySocket(lobby).adopt(transport, line, headers, leftover)

    return adopt


class GatewaySocket(asyncio.Protocol):
    """A client's connection, from the handshake to its end."""

    __slots__ = (
        "_leaves_at",
        "_lobby",
        "_parser",
        "_session",
        "_shown",
        "_stalled_at",
        "_task",
        "_transport",
        "_viewer",
        "bucket",
        "encoding",
        "outlet",
        "sink",
        "version",
    )

    outlet: Outlet
    sink: Sink

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self._transport: asyncio.Transport | None = None
        self._session = Session(lobby.clock.monotonic())
        self._parser = Parser(limits.GATEWAY_PAYLOAD_BYTES)
        self._viewer: Viewer | None = None
        self._shown: Shown | None = None
        self._task: asyncio.Task[None] | None = None
        self._stalled_at: float | None = None
        self._leaves_at = 0.0
        self.bucket = 0
        self.encoding = Encoding.JSON
        self.version = 10

    def adopt(
        self, transport: asyncio.Transport, line: bytes, headers: Headers, leftover: bytes
    ) -> None:
        """Take a transport over from the HTTP side. `line` is b"GET /path?query"; `leftover` is
        what came behind the request.
        """
        answer, is_welcome = answer_to(dict(headers), is_draining=self._lobby.is_draining)
        transport.set_protocol(self)
        transport.write(answer)
        if not is_welcome:
            transport.close()
            return
        self._transport = transport
        self.outlet = Outlet(cast(asyncio.WriteTransport, transport))
        self._lobby.sockets.add(self)
        close = self._read_query(line.partition(b"?")[2].decode("latin-1"))
        self.sink = ZstdSink(self.outlet) if self.encoding is Encoding.ZSTD else self.outlet
        if close is not None:
            self.close(close)
            return
        self._perform(machine.HELLO)
        self._watch()
        if leftover:
            self.data_received(leftover)

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
        self._forget(is_resumable=True)
        self._session.end(Close.UNKNOWN_ERROR)
        if self._transport is not None:
            self.outlet.shut()
        self._transport = None
        self._lobby.sockets.discard(self)
        self._lobby.wheel.remove(self)

    # The lobby's side.

    def go_live(self, viewer: Viewer) -> None:
        """READY or RESUMED was said."""
        self._viewer = viewer
        self._task = None
        self._session.ready()
        self._session.resumed()
        if self._shown is not None:
            self._lobby.show(viewer, self._shown)
            self._shown = None

    def refuse(self) -> None:
        """The session is unknown or can not be gone on with."""
        self._task = None
        self._all(self._session.refused(self._lobby.clock.monotonic()))
        self._watch()

    def invalidate(self) -> None:
        """What this session needs was lost: it has to begin anew."""
        self._forget(is_resumable=False)
        self.refuse()

    def reconnect(self) -> None:
        """The process is about to stop."""
        self._perform(machine.RECONNECT)

    def close(self, close: Close) -> None:
        """Say why and hang up; the peer has a moment to answer."""
        if self._transport is None or self._leaves_at:
            return
        self._session.end(close)
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
            self.outlet.abort()
            return None
        self._all(self._session.tick(now))
        return self._next_deadline()

    # Inside.

    def _take(self, received: Received) -> None:
        match received:
            case Message():
                now = self._lobby.clock.monotonic()
                self._all(self._session.feed(received.payload, now))
            case Ping() if not self.is_over:
                self.outlet.push(frame(PONG, received.payload))
            case Pong() if self._viewer is not None:
                self._lobby.echoed(self._viewer, received.payload)
            case Closed():
                self._closed(received)
            case Fault():
                # Discord's own answer to a payload that is too big.
                is_big = received.close is Close.TOO_BIG
                self.close(Close.DECODE_ERROR if is_big else received.close)

    def _closed(self, closed: Closed) -> None:
        transport = self._transport
        if transport is None:
            return
        self._forget(is_resumable=closed.code not in ENDS_SESSION)
        self._session.end(Close.NORMAL)
        self.outlet.shut()
        if not self._leaves_at:
            transport.write(close_frame(1000 if closed.code == 1005 else closed.code))
        transport.close()

    def _all(self, effects: list[Effect]) -> None:
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        lobby = self._lobby
        match effect:
            case Send():
                self._say(effect)
                if effect is machine.ACK and self._viewer is not None:
                    lobby.beat(self._viewer)
            case machine.End():
                self.close(effect.close)
            case machine.Authenticate():
                if effect.identify.is_packed and self.encoding is Encoding.JSON:
                    self.encoding = Encoding.PACKED
                self._task = lobby.tasks.spawn("identify", lobby.identify(self, effect.identify))
            case machine.Resume():
                self._task = lobby.tasks.spawn("resume", lobby.resume(self, effect.request))
            case machine.UpdatePresence() if self._viewer is None:
                self._shown = effect.shown
            case _ if self._viewer is not None:
                self._perform_live(self._viewer, effect)

    def _perform_live(self, viewer: Viewer, effect: Effect) -> None:
        lobby = self._lobby
        match effect:
            case machine.UpdatePresence():
                lobby.show(viewer, effect.shown)
            case machine.UpdateVoice():
                lobby.update_voice(viewer, effect.request)
            case machine.RequestMembers():
                lobby.tasks.spawn("members", lobby.members(viewer, effect.request))
            case machine.LookAtMembers():
                lobby.listing.look(viewer, effect.request)

    def _say(self, effect: Send) -> None:
        if self.is_over:
            return
        words = _WORDS[effect.payload["op"]][self.encoding]
        self.outlet.push(self.sink.frame(words) if isinstance(self.sink, ZstdSink) else words)

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
        due = (self._session.deadline(), cut, self._leaves_at or None)
        return min((at for at in due if at is not None), default=None)

    def _read_query(self, query: str) -> Close | None:
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        version = asked.get("v", "10")
        if version not in VERSIONS:
            return Close.INVALID_VERSION
        self.version = int(version)
        try:
            asked_for = Encoding(asked.get("compress", ""))
        except ValueError:
            asked_for = Encoding.JSON
        self.encoding = Encoding.JSON if asked_for is Encoding.PACKED else asked_for
        return Close.DECODE_ERROR if asked.get("encoding", "json") != "json" else None


def answer_to(headers: dict[bytes, bytes], *, is_draining: bool) -> tuple[bytes, bool]:
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
    accept = accept_key(key.decode()).encode()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept,
        True,
    )


def _refusal(status: bytes, extra: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\n%bConnection: close\r\nContent-Length: 0\r\n\r\n" % (status, extra)


def _is_key(key: bytes) -> bool:
    try:
        return len(b64decode(key, validate=True)) == 16
    except NotBase64:
        return False
