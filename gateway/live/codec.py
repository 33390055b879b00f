"""From an event to bytes for sockets, once for everybody. Pure; who gets them is not known here.

zlib-stream: every message is one self-contained raw deflate segment that ends in a sync flush and
refers to nothing before it, so one and the same segment fits into everybody's stream; only the two
header bytes of zlib stand once before the first segment of a connection. zstd-stream has a context
per connection and compresses for each.
"""

from __future__ import annotations

import zlib
from enum import Enum

import orjson
import zstandard

from contracts.wire import JSON
from gateway.live.frames import BINARY, TEXT, frame, head

ZLIB_HEADER = b"\x78\x9c"
PACKED_FROM = 1_024
_WITHHELD_LISTS = ("embeds", "attachments", "components")


class Encoding(Enum):
    """How a connection wants its payloads."""

    JSON = ""
    ZLIB = "zlib-stream"
    ZSTD = "zstd-stream"
    PACKED = "payload"
    """Asked for in IDENTIFY, not by the address: each large payload is a zlib stream of its own."""
    STOMP = "stomp"
    """By another door: payloads in frames of another protocol."""

    @property
    def is_of_connection(self) -> bool:
        """Whether each connection frames payloads for itself."""
        return self in _OF_CONNECTION


_OF_CONNECTION = frozenset({Encoding.ZSTD, Encoding.STOMP})


def dispatch_head(s: int, t: str) -> bytes:
    """What stands before the `d` of a dispatch."""
    return b'{"t":"%b","s":%d,"op":0,"d":' % (t.encode(), s)


def dispatch_payload(s: int, t: str, d: bytes) -> bytes:
    """A dispatch around a body that is JSON already."""
    return b'{"t":"%b","s":%d,"op":0,"d":%b}' % (t.encode(), s, d)


def segment(payload: bytes) -> bytes:
    """A self-contained, fully flushed deflate segment: ends in 00 00 FF FF."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    return deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)


def packed(payload: bytes) -> bytes:
    """The frame of one payload for who wants large ones compressed by themselves."""
    if len(payload) < PACKED_FROM:
        return frame(TEXT, payload)
    return frame(BINARY, zlib.compress(payload))


class Piece:
    """A part of many payloads, deflated once when the first zlib-stream asks."""

    __slots__ = ("_deflated", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._deflated: bytes | None = None

    @property
    def deflated(self) -> bytes:
        """Its segment."""
        if self._deflated is None:
            self._deflated = segment(self.raw)
        return self._deflated


class ZstdContext:
    """The compressor of one zstd-stream connection."""

    __slots__ = ("_deflater",)

    # A small window keeps the context of a connection small; messages here are short.
    _params = zstandard.ZstdCompressionParameters.from_level(1, window_log=15)

    def __init__(self) -> None:
        compressor = zstandard.ZstdCompressor(compression_params=self._params)
        self._deflater = compressor.compressobj()

    def compress(self, payload: bytes) -> bytes:
        """The next part of the stream, flushed to the last byte of the payload."""
        part = self._deflater.compress(payload)
        return part + self._deflater.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def encode(encoding: Encoding, payload: bytes) -> bytes:
    """The frame of one payload, for the encodings without a context."""
    if encoding is Encoding.PACKED:
        return packed(payload)
    if encoding is Encoding.ZLIB:
        return frame(BINARY, segment(payload))
    return frame(TEXT, payload)


def encode_pieces(encoding: Encoding, pieces: list[Piece]) -> bytes:
    """One frame of a payload in pieces: the segments of a message may be several."""
    if encoding is Encoding.ZLIB:
        parts = [piece.deflated for piece in pieces]
        return b"".join([head(BINARY, sum(map(len, parts))), *parts])
    raw = [piece.raw for piece in pieces]
    if encoding is Encoding.PACKED:
        return packed(b"".join(raw))
    return b"".join([head(TEXT, sum(map(len, raw))), *raw])


def withheld(body: bytes) -> bytes:
    """A message's body as a session without MESSAGE_CONTENT gets it."""
    return orjson.dumps(_without_content(orjson.loads(body)))


def _without_content(message: JSON) -> JSON:
    if "content" in message:
        message["content"] = ""
    for name in _WITHHELD_LISTS:
        if name in message:
            message[name] = []
    message.pop("poll", None)
    if "matched_content" in message:
        message["matched_content"] = ""
    for name in ("referenced_message", "message"):
        if isinstance(inner := message.get(name), dict):
            _without_content(inner)
    for snapshot in message.get("message_snapshots") or ():
        _without_content(snapshot)
    return message


class Frames:
    """One event's bytes for every variant, each made when the first session needs it."""

    __slots__ = ("_bare", "_body", "_json", "_name", "_packed", "_payload", "_zlib", "s")

    def __init__(self, s: int, name: str, body: bytes) -> None:
        self.s = s
        self._name = name
        self._body = body
        self._payload: bytes | None = None
        self._json: bytes | None = None
        self._zlib: bytes | None = None
        self._packed: bytes | None = None
        self._bare: Frames | None = None

    @property
    def payload(self) -> bytes:
        """The dispatch as JSON, for encodings with a context."""
        if self._payload is None:
            self._payload = dispatch_payload(self.s, self._name, self._body)
        return self._payload

    @property
    def json(self) -> bytes:
        """The text frame."""
        if self._json is None:
            self._json = frame(TEXT, self.payload)
        return self._json

    @property
    def zlib(self) -> bytes:
        """The binary frame of a zlib-stream."""
        if self._zlib is None:
            self._zlib = frame(BINARY, segment(self.payload))
        return self._zlib

    @property
    def packed(self) -> bytes:
        """The frame for those who want large payloads compressed by themselves."""
        if self._packed is None:
            self._packed = packed(self.payload)
        return self._packed

    @property
    def bare(self) -> Frames:
        """The same event with its content withheld."""
        if self._bare is None:
            self._bare = Frames(self.s, self._name, withheld(self._body))
        return self._bare

    def of(self, encoding: Encoding) -> bytes:
        """What to hand to an outlet of this encoding: a frame, or the payload for zstd."""
        if encoding is Encoding.JSON:
            return self.json
        if encoding is Encoding.PACKED:
            return self.packed
        return self.zlib if encoding is Encoding.ZLIB else self.payload
