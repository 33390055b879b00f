"""RFC 6455 as a server speaks it: bytes in, messages out, and frames built. Pure, no I/O; what the
messages mean is not known here.

One Parser serves one connection and holds next to nothing while nothing is half received.
"""

from __future__ import annotations

import base64
from codecs import IncrementalDecoder, getincrementaldecoder
from dataclasses import dataclass
from hashlib import sha1

from contracts.closecodes import Close

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KNOWN = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_CONTROL_BYTES = 125
_CLOSE_CODES = frozenset({*range(1000, 1004), *range(1007, 1015)})
_new_decoder = getincrementaldecoder("utf-8")


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message; text is checked to be UTF-8."""

    opcode: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Ping:
    """Wants a pong with the same payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """An answer to a ping, or a sign of life."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The peer says goodbye; 1005 when it gave no code."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The peer broke the protocol: say why and hang up. Nothing is parsed after it."""

    close: Close


Received = Message | Ping | Pong | Closed | Fault


class _Broken(Exception):
    def __init__(self, close: Close = Close.PROTOCOL_ERROR) -> None:
        self.close = close


class Parser:
    """Incremental parser of masked client frames."""

    __slots__ = (
        "_control",
        "_decoder",
        "_done",
        "_frame",
        "_limit",
        "_mask",
        "_opcode",
        "_parts",
        "_pending",
        "_remaining",
    )

    def __init__(self, limit: int) -> None:
        self._limit = limit
        """Bytes of a whole message."""
        self._pending = b""
        """A header that is not whole yet."""
        self._frame = -1
        """First byte of the frame whose payload is being received, or -1 between frames."""
        self._mask = b""
        self._remaining = 0
        self._control = b""
        self._opcode = 0
        """Of the fragmented message that is being received, or 0."""
        self._parts: bytearray | None = None
        self._decoder: IncrementalDecoder | None = None
        self._done = False

    def feed(self, received: bytes) -> list[Received]:
        """What these bytes complete, in order. After a Fault or Closed everything is ignored."""
        found: list[Received] = []
        if self._done:
            return found
        rest = self._pending + received if self._pending else received
        self._pending = b""
        position = 0
        try:
            while True:
                if self._frame < 0:
                    after = self._header(rest, position)
                    if after is None:
                        self._pending = rest[position:]
                        return found
                    position = after
                position = self._payload(rest, position)
                if self._remaining:
                    return found
                self._finish(found)
                if self._done:
                    return found
        except _Broken as broken:
            self._forget()
            found.append(Fault(broken.close))
            return found

    def _header(self, data: bytes, at: int) -> int | None:
        available = len(data) - at
        if available < 1:
            return None
        first = data[at]
        self._check_first(first)
        if available < 2:
            return None
        second = data[at + 1]
        if not second & 0x80:
            raise _Broken
        length, extra = _length(data, at, second & 0x7F)
        if length is None:
            return None
        self._check_length(first & 0x0F, length)
        start = at + 2 + extra
        if len(data) < start + 4:
            return None
        self._mask = data[start : start + 4]
        self._frame, self._remaining = first, length
        self._begin(first & 0x0F)
        return start + 4

    def _check_first(self, first: int) -> None:
        opcode = first & 0x0F
        if first & 0x70 or opcode not in _KNOWN:
            raise _Broken
        if opcode >= CLOSE:
            if not first & 0x80:
                raise _Broken
        elif (opcode == CONTINUATION) != bool(self._opcode):
            raise _Broken

    def _check_length(self, opcode: int, length: int) -> None:
        if opcode >= CLOSE:
            if length > _CONTROL_BYTES:
                raise _Broken
        elif length + (len(self._parts) if self._parts else 0) > self._limit:
            raise _Broken(Close.TOO_BIG)

    def _begin(self, opcode: int) -> None:
        if opcode in (TEXT, BINARY):
            self._opcode = opcode
            self._parts = bytearray()
            self._decoder = _new_decoder() if opcode == TEXT else None

    def _payload(self, data: bytes, at: int) -> int:
        taken = data[at : at + self._remaining]
        if not taken:
            return at
        plain = unmask(taken, self._mask)
        self._remaining -= len(taken)
        if self._remaining:
            turn = len(taken) & 3
            self._mask = self._mask[turn:] + self._mask[:turn]
        if self._frame & 0x0F >= CLOSE:
            self._control += plain
        else:
            assert self._parts is not None
            self._parts += plain
            self._check_text(plain, final=False)
        return at + len(taken)

    def _check_text(self, plain: bytes, *, final: bool) -> None:
        if self._decoder is not None:
            try:
                self._decoder.decode(plain, final)
            except UnicodeDecodeError:
                raise _Broken(Close.BAD_TEXT) from None

    def _finish(self, found: list[Received]) -> None:
        first, self._frame, self._mask = self._frame, -1, b""
        opcode = first & 0x0F
        if opcode >= CLOSE:
            payload, self._control = self._control, b""
            found.append(self._finished_control(opcode, payload))
        elif first & 0x80:
            self._check_text(b"", final=True)
            assert self._parts is not None
            found.append(Message(self._opcode, bytes(self._parts)))
            self._opcode, self._parts, self._decoder = 0, None, None

    def _finished_control(self, opcode: int, payload: bytes) -> Received:
        if opcode == PING:
            return Ping(payload)
        if opcode == PONG:
            return Pong(payload)
        closed = _closed(payload)
        self._forget()
        return closed

    def _forget(self) -> None:
        self._done = True
        self._pending = self._control = self._mask = b""
        self._parts = self._decoder = None


def _length(data: bytes, at: int, short: int) -> tuple[int | None, int]:
    if short < 126:
        return short, 0
    extra = 2 if short == 126 else 8
    if len(data) < at + 2 + extra:
        return None, extra
    length = int.from_bytes(data[at + 2 : at + 2 + extra], "big")
    # 5.2: the minimal number of bytes must be used, and the highest bit of 64 is never set.
    if length < (126 if extra == 2 else 1 << 16) or length >> 63:
        raise _Broken
    return length, extra


def _closed(payload: bytes) -> Closed:
    if not payload:
        return Closed(1005, "")
    if len(payload) == 1:
        raise _Broken
    code = int.from_bytes(payload[:2], "big")
    if code not in _CLOSE_CODES and not 3000 <= code < 5000:
        raise _Broken
    try:
        return Closed(code, payload[2:].decode())
    except UnicodeDecodeError:
        raise _Broken(Close.BAD_TEXT) from None


def unmask(data: bytes, mask: bytes) -> bytes:
    """The payload under a 4-byte mask: one big XOR instead of a loop over bytes."""
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole, unmasked frame."""
    return head(opcode, len(payload)) + payload


def head(opcode: int, size: int) -> bytes:
    """The header of a frame with a payload of this size."""
    if size < 126:
        return bytes((0x80 | opcode, size))
    if size < 1 << 16:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big")
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big")


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; the reason is cut at a character boundary to what a control frame holds."""
    text = reason.encode()[: _CONTROL_BYTES - 2].decode(errors="ignore").encode()
    return frame(CLOSE, code.to_bytes(2, "big") + text)


def accept_key(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key."""
    digest = sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()
