"""What video payloads say of their frames: key frames, and the numbers of VP8 that listeners
follow. Encrypted frames keep these first bytes readable.
"""

from __future__ import annotations

from typing import NamedTuple


class Vp8(NamedTuple):
    """A VP8 payload descriptor (RFC 7741): offsets are from the payload's begin, 0 for absent. One
    is made for every packet of a video.
    """

    is_key: bool
    picture: int
    picture_at: int
    is_long: bool
    """The picture id has 15 bits, not 7."""
    base: int
    base_at: int
    """TL0PICIDX."""
    layer: int
    """TID: the temporal layer."""


def vp8(data: bytes, begin: int, end: int) -> Vp8 | None:
    """Read a descriptor; None for one that is cut off."""
    try:
        return _vp8(data[begin : min(end, begin + 8)])
    except IndexError:
        return None


def _vp8(data: bytes) -> Vp8:
    first, at = data[0], 1
    picture = picture_at = base = base_at = layer = 0
    is_long = False
    if first & 0x80:
        flags, at = data[1], 2
        if flags & 0x80:
            picture_at, is_long = at, bool(data[at] & 0x80)
            picture = (data[at] & 0x7F) << 8 | data[at + 1] if is_long else data[at]
            at += 1 + is_long
        if flags & 0x40:
            base, base_at = data[at], at
            at += 1
        if flags & 0x30:
            layer = data[at] >> 6 if flags & 0x20 else 0
            at += 1
    is_key = first & 0x17 == 0x10 and not data[at] & 1
    return Vp8(is_key, picture, picture_at, is_long, base, base_at, layer)


_IDR, _SPS, _STAP_A, _FU_A = 5, 7, 24, 28


def is_h264_key(data: bytes, begin: int, end: int) -> bool:
    """Whether a payload opens a frame that needs none before it (RFC 6184)."""
    if begin >= end:
        return False
    kind = data[begin] & 31
    if kind == _FU_A:
        return begin + 1 < end and bool(data[begin + 1] & 0x80) and data[begin + 1] & 31 == _IDR
    if kind == _STAP_A:
        at = begin + 1
        while at + 2 < end:
            if data[at + 2] & 31 in (_IDR, _SPS):
                return True
            at += 2 + int.from_bytes(data[at : at + 2], "big")
        return False
    return kind in (_IDR, _SPS)
