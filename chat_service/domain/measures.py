"""How long a sound or a film lasts and how large a film is, by what its file says of itself. Pure,
and cheap: a few pieces of the file are enough, and what is not found there stays unsaid.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from contracts import kinds
from contracts.kinds import Kind
from contracts.limits import DURATION_S

PIECE_BYTES = 64 << 10
"""So much is looked at from the beginning, and from the end."""
_MOST_BOXES = 64
_CONTAINERS = frozenset((b"moov", b"trak", b"mdia"))


class Measure(NamedTuple):
    """What is known."""

    duration: float | None = None
    width: int | None = None
    height: int | None = None

    def facts(self) -> dict[str, float | int]:
        """What is known and can be."""
        found: dict[str, float | int] = {}
        if self.duration is not None and 0 < self.duration <= DURATION_S:
            found["duration_secs"] = round(self.duration, 3)
        if self.width and self.height and max(self.width, self.height) < 1 << 16:
            found |= {"width": self.width, "height": self.height}
        return found


def measured(kind: Kind, head: bytes, tail: bytes, size: int) -> Measure:
    """What the first and the last piece of a file say."""
    reader = _READERS.get(kind)
    if reader is None:
        return Measure()
    try:
        return reader(head, tail, size)
    except (struct.error, IndexError, ValueError, ZeroDivisionError, OverflowError):
        return Measure()


def _wave(head: bytes, tail: bytes, size: int) -> Measure:
    del tail
    at, rate = 12, 0
    for _ in range(_MOST_BOXES):
        name, length = struct.unpack_from("<4sI", head, at)
        if name == b"fmt ":
            (rate,) = struct.unpack_from("<I", head, at + 16)
        if name == b"data":
            return Measure(min(length, size - at - 8) / rate)
        at += 8 + length + length % 2
    return Measure()


def _flac(head: bytes, tail: bytes, size: int) -> Measure:
    del tail, size
    (said,) = struct.unpack_from(">Q", head, 18)
    return Measure((said & (1 << 36) - 1) / (said >> 44))


def _ogg(head: bytes, tail: bytes, size: int) -> Measure:
    del size
    skipped, rate = 0, 0
    if (at := head.find(b"OpusHead")) >= 0:
        (skipped,), rate = struct.unpack_from("<H", head, at + 10), 48_000
    elif (at := head.find(b"\x01vorbis")) >= 0:
        (rate,) = struct.unpack_from("<I", head, at + 12)
    (position,) = struct.unpack_from("<q", tail, tail.rindex(b"OggS") + 6)
    return Measure((position - skipped) / rate)


_KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_KBITS_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_RATES = (44_100, 48_000, 32_000)


def _mp3(head: bytes, tail: bytes, size: int) -> Measure:
    del tail
    at = 0
    if head.startswith(b"ID3"):
        at = 10 + sum((head[6 + n] & 0x7F) << (21 - 7 * n) for n in range(4))
    at = head.index(b"\xff", at)
    version, is_full = head[at + 1] >> 3 & 3, head[at + 1] >> 3 & 3 == 3
    rate = _RATES[head[at + 2] >> 2 & 3] >> {3: 0, 2: 1, 0: 2}[version] if version != 1 else 0
    samples = 1_152 if is_full else 576
    for name in (b"Xing", b"Info"):
        found = head.find(name, at, at + 64)
        if found >= 0 and head[found + 7] & 1:
            (frames,) = struct.unpack_from(">I", head, found + 8)
            return Measure(frames * samples / rate)
    kbits = (_KBITS if is_full else _KBITS_LOW)[head[at + 2] >> 4]
    return Measure((size - at) / (kbits * 125))


def _mp4(head: bytes, tail: bytes, size: int) -> Measure:
    del size
    # What describes a film lies at its beginning or, as it was written there, at its end.
    for data in (head, tail[max(0, tail.rfind(b"moov") - 4) :]):
        found = Measure()
        for name, at, _ in _boxes(data, 0, len(data)):
            is_long = data[at] == 1
            if name == b"mvhd":
                form, start = (">IQ", at + 20) if is_long else (">II", at + 12)
                scale, duration = struct.unpack_from(form, data, start)
                found = found._replace(duration=duration / scale)
            elif name == b"tkhd":
                a, b = struct.unpack_from(">ii", data, at + (52 if is_long else 40))
                width, height = struct.unpack_from(">II", data, at + (88 if is_long else 76))
                size_said = (
                    (width >> 16, height >> 16) if a or not b else (height >> 16, width >> 16)
                )
                if all(size_said):
                    found = found._replace(width=size_said[0], height=size_said[1])
        if found.duration is not None:
            return found
    return Measure()


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of every box, those within others after them."""
    spans = [(at, end)]
    for _ in range(_MOST_BOXES):
        if not spans:
            return
        at, end = spans.pop()
        if at + 8 > end:
            continue
        length, name = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if length == 1:
            (length,), start = struct.unpack_from(">Q", data, start), start + 8
        after = at + length if length else end
        if after <= at:
            return
        spans.append((after, end))
        if name in _CONTAINERS:
            spans.append((start, min(after, end)))
        yield name, start, min(after, end)


_SEGMENT, _INFO, _SCALE, _DURATION = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _VIDEO, _WIDTH, _HEIGHT = 0x1654AE6B, 0xAE, 0xE0, 0xB0, 0xBA
_WITHIN = frozenset((_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO))


def _webm(head: bytes, tail: bytes, size: int) -> Measure:
    del tail, size
    at, scale, said = 0, 1_000_000, dict[int, bytes]()
    for _ in range(_MOST_BOXES * 4):
        if at >= len(head) - 2:
            break
        name, at = _vint(head, at, keep=True)
        length, at = _vint(head, at, keep=False)
        if name in _WITHIN:
            continue
        said.setdefault(name, head[at : at + min(length, 8)])
        at += length
    if _SCALE in said:
        scale = int.from_bytes(said[_SCALE], "big")
    duration = said.get(_DURATION)
    seconds = None
    if duration:
        (ticks,) = struct.unpack(">f" if len(duration) == 4 else ">d", duration)
        seconds = ticks * scale / 1e9
    width, height = (int.from_bytes(said.get(one, b""), "big") for one in (_WIDTH, _HEIGHT))
    return Measure(seconds, width or None, height or None)


def _vint(data: bytes, at: int, *, keep: bool) -> tuple[int, int]:
    """A number of EBML, whose first byte tells its length; a name keeps that sign."""
    first = data[at]
    length = 9 - first.bit_length()
    number = int.from_bytes(data[at : at + length], "big")
    return number if keep else number & ((1 << 7 * length) - 1), at + length


_READERS: dict[Kind, Callable[[bytes, bytes, int], Measure]] = {
    kinds.WAV: _wave,
    kinds.FLAC: _flac,
    kinds.OGG: _ogg,
    kinds.MP3: _mp3,
    kinds.MP4: _mp4,
    kinds.M4A: _mp4,
    kinds.QUICKTIME: _mp4,
    kinds.WEBM: _webm,
}
