"""Frames put together again from packets: what a decoder takes, complete or not at all. Nothing is
decoded. Pure.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from media_sfu.domain import frames, rtp

_PATIENCE = 256
"""Packets of a stream that are waited with for a missing one: it was asked for again for a second
at most.
"""
_START = b"\0\0\0\1"
_FU_A, _STAP_A = 28, 24


class Piece(NamedTuple):
    """A packet in its place."""

    number: int
    timestamp: int
    is_last: bool
    """Of its frame."""
    payload: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What a decoder takes at once."""

    timestamp: int
    at: float
    """When its last packet came."""
    is_key: bool
    data: bytes


class Order:
    """Packets in the order of their numbers, each once."""

    def __init__(self) -> None:
        self._waiting: list[Piece] = []
        self._next = -1

    def put(self, piece: Piece) -> Iterator[Piece]:
        """One came; those whose turn it is."""
        if piece.number < self._next:
            return
        heapq.heappush(self._waiting, piece)
        yield from self._ready(_PATIENCE)

    def rest(self) -> Iterator[Piece]:
        """Nothing more comes."""
        yield from self._ready(0)

    def _ready(self, patience: int) -> Iterator[Piece]:
        waiting = self._waiting
        while waiting and (
            self._next < 0 or waiting[0].number <= self._next or len(waiting) > patience
        ):
            piece = heapq.heappop(waiting)
            if piece.number >= self._next:
                self._next = piece.number + 1
                yield piece


def piece_of(number: int, at: float, packet: bytes) -> Piece | None:
    """A bare packet; None for none."""
    begin = rtp.payload_at(packet)
    if not begin or begin >= len(packet):
        return None
    _, second, _, timestamp, _ = rtp.HEAD.unpack_from(packet)
    return Piece(number, timestamp, bool(second & 0x80), packet[begin:], at)


class Voice:
    """Opus: each packet is a frame."""

    def take(self, piece: Piece) -> Frame:
        """It."""
        return Frame(piece.timestamp, piece.at, is_key=True, data=piece.payload)


class Film:
    """VP8 and H264: frames of several packets. From a loss on nothing is given until the next key
    frame, as what comes between would be shown torn.
    """

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._pieces: list[Piece] = []
        self._expected = -1
        self._is_torn = True

    def take(self, piece: Piece) -> Frame | None:
        """A packet; the frame that it ends, if it does."""
        if self._pieces and self._pieces[-1].timestamp != piece.timestamp:
            # Its last packet was lost, or does not say so.
            self._pieces, self._is_torn = [], True
        if piece.number != self._expected:
            self._pieces, self._is_torn = [], True
        self._expected = piece.number + 1
        if not self._pieces and not self._begins(piece.payload):
            self._is_torn = True
            return None
        self._pieces.append(piece)
        if not piece.is_last:
            return None
        whole, self._pieces = self._pieces, []
        return self._frame(whole)

    def _begins(self, payload: bytes) -> bool:
        if self._codec == "vp8":
            return payload[0] & 0x17 == 0x10
        return payload[0] & 31 != _FU_A or (len(payload) > 1 and bool(payload[1] & 0x80))

    def _frame(self, whole: list[Piece]) -> Frame | None:
        first = whole[0].payload
        if self._codec == "vp8":
            mark = frames.vp8(first, 0, len(first))
            is_key = mark is not None and mark.is_key
            data = b"".join(_vp8_body(one.payload) for one in whole)
        else:
            is_key = any(frames.is_h264_key(one.payload, 0, len(one.payload)) for one in whole)
            data = b"".join(_nals(one.payload for one in whole))
        self._is_torn = self._is_torn and not is_key
        if self._is_torn or not data:
            return None
        return Frame(whole[-1].timestamp, whole[-1].at, is_key, data)


def _vp8_body(payload: bytes) -> bytes:
    """Behind the descriptor (RFC 7741)."""
    at = 1
    if payload[0] & 0x80 and len(payload) > 1:
        flags, at = payload[1], 2
        if flags & 0x80:
            at += 2 if payload[at : at + 1] >= b"\x80" else 1
        at += bool(flags & 0x40)
        at += bool(flags & 0x30)
    return payload[at:]


def _nals(payloads: Iterator[bytes]) -> Iterator[bytes]:
    """Network units with start codes before them (RFC 6184)."""
    for payload in payloads:
        kind = payload[0] & 31
        if kind == _FU_A and len(payload) > 2:
            if payload[1] & 0x80:
                yield _START + bytes((payload[0] & 0xE0 | payload[1] & 31,))
            yield payload[2:]
        elif kind == _STAP_A:
            at = 1
            while at + 2 < len(payload):
                size = int.from_bytes(payload[at : at + 2], "big")
                yield _START + payload[at + 2 : at + 2 + size]
                at += 2 + size
        else:
            yield _START + payload


def vp8_size(data: bytes) -> tuple[int, int]:
    """Width and height of a key frame; zeros of another (RFC 6386, 9.1)."""
    if len(data) < 10 or data[0] & 1 or data[3:6] != b"\x9d\x01\x2a":
        return 0, 0
    both = data[6:10]
    return int.from_bytes(both[:2], "little") & 0x3FFF, int.from_bytes(both[2:], "little") & 0x3FFF
