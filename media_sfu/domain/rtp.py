"""RTP packets as bytes: what a forwarder must know of them, found without copying anything."""

from __future__ import annotations

from struct import Struct

HEAD = Struct("!BBHII")
"""Flags, marker and payload type, sequence number, timestamp, SSRC."""

_EXTENSION = Struct("!HH")
_ONE_BYTE, _TWO_BYTES = 0xBEDE, 0x1000
_HALF = 1 << 15


def payload_at(data: bytes) -> int:
    """Where the payload begins, behind sources and extensions; 0 for what is no RTP packet."""
    size = len(data)
    if size < 12 or data[0] >> 6 != 2:
        return 0
    at = 12 + 4 * (data[0] & 15)
    if data[0] & 16:
        if at + 4 > size:
            return 0
        at += 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
    return at if at <= size else 0


def payload_end(data: bytes, begin: int) -> int:
    """Where the payload ends, before the padding; `begin` for a packet of nothing but padding."""
    size = len(data)
    if data[0] & 32 and size > begin:
        return max(begin, size - data[-1])
    return size


def extensions(data: bytes) -> dict[int, bytes]:
    """Header extension elements by id; what is cut off is left out."""
    if len(data) < 12 or not data[0] & 16:
        return {}
    at = 12 + 4 * (data[0] & 15)
    if at + 4 > len(data):
        return {}
    profile, words = _EXTENSION.unpack_from(data, at)
    end = at + 4 + 4 * words
    if end > len(data):
        return {}
    if profile == _ONE_BYTE:
        return _one_byte(data, at + 4, end)
    if profile & 0xFFF0 == _TWO_BYTES:
        return _two_bytes(data, at + 4, end)
    return {}


def _one_byte(data: bytes, at: int, end: int) -> dict[int, bytes]:
    found = {}
    while at < end:
        number, size = data[at] >> 4, (data[at] & 15) + 1
        if number == 0:
            at += 1
            continue
        if number == 15 or at + 1 + size > end:
            break
        found[number] = data[at + 1 : at + 1 + size]
        at += 1 + size
    return found


def _two_bytes(data: bytes, at: int, end: int) -> dict[int, bytes]:
    found = {}
    while at + 1 < end:
        number, size = data[at], data[at + 1]
        if number == 0:
            at += 1
            continue
        if at + 2 + size > end:
            break
        found[number] = data[at + 2 : at + 2 + size]
        at += 2 + size
    return found


def extended(number: int, highest: int) -> int:
    """A 16-bit sequence number as one that never wraps, near the highest one seen."""
    return highest + ((number - highest + _HALF) & 0xFFFF) - _HALF


PLAIN_BYTES, TIMED_BYTES = 12, 20
"""Headers of bare packets."""
ROOM = 0xBEDE0001
"""What begins the extensions of a timed one: a word of them follows."""
_ROOM = ROOM.to_bytes(4, "big") + bytes(4)


def bare(begin: int, end: int, data: bytes, *, is_timed: bool) -> bytes:
    """A packet with nothing but its payload and, if it `is_timed`, room for the moment at which it
    will be sent: the form in which it is kept and forwarded. Where it came from is no business of
    listeners.
    """
    if is_timed:
        return b"\x90" + data[1:12] + _ROOM + data[begin:end]
    return b"\x80" + data[1:12] + data[begin:end]


def moment(seconds: float) -> int:
    """A moment as abs-send-time writes it: seconds in 6.18 bits."""
    return int(seconds * 262_144) & 0xFFFFFF
