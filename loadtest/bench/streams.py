"""What a publisher of `bench sfu` sends, packet by packet, and what a listener notes of it."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from time import time_ns

from stack.caller import Caller, Stream

_HEAD = struct.Struct("!BBHII")
_STAMP = struct.Struct("!Q")
_NOTE = struct.Struct("=QiiQQ")
"""A control message with a moment: its size, level and kind, seconds, nanoseconds."""
_MID_ID, _LEVEL_ID, _RID_ID = 1, 3, 4
"""As stack/caller.py numbers them."""


@dataclass(slots=True)
class Source:
    """One stream of one publisher: so many times a second a frame of so many packets. Every frame
    of a picture is a key frame of VP8, so that nobody waits for one.
    """

    stream: Stream
    per_second: float
    size: int
    """Bytes of each packet, without what encryption adds."""
    burst: int = 1
    rid: str = ""
    ssrc: int = 0
    number: int = 0
    frame: int = 0
    _extra: bytes = b""

    def __post_init__(self) -> None:
        self.ssrc = self.ssrc or self.stream.ssrc
        self._extra = self._extension()

    @property
    def every(self) -> float:
        """Seconds from frame to frame."""
        return 1 / self.per_second

    def send(self, caller: Caller) -> int:
        """The next frame; the last bytes of each packet say when it left. How many those were."""
        self.frame += 1
        for part in range(self.burst):
            caller.send(self._packet(part, time_ns()))
        return self.burst

    def _packet(self, part: int, moment: int) -> bytes:
        self.number += 1
        is_audio = self.stream.kind == "audio"
        stamp = int(self.frame * (48_000 if is_audio else 90_000) / self.per_second)
        marker = 0x80 if not is_audio and part == self.burst - 1 else 0
        second, number = self.stream.pt | marker, self.number & 0xFFFF
        head = _HEAD.pack(0x90, second, number, stamp & 0xFFFFFFFF, self.ssrc) + self._extra
        start = b"" if is_audio else b"\x10\x00" if part == 0 else b"\x00\x00"
        body = bytes(self.size - len(head) - len(start) - _STAMP.size)
        return head + start + body + _STAMP.pack(moment)

    def _extension(self) -> bytes:
        """A voice tells how loud it is; a layer, which one it is of which section."""
        told = {_LEVEL_ID: b"\x8f"} if self.stream.kind == "audio" else {}
        if self.rid:
            told = {_MID_ID: self.stream.mid.encode(), _RID_ID: self.rid.encode()}
        body = b"".join(bytes([at << 4 | len(value) - 1]) + value for at, value in told.items())
        body += bytes(-len(body) % 4)
        return struct.pack("!HH", 0xBEDE, len(body) // 4) + body


def left_at(packet: memoryview) -> int:
    """When a packet left its sender, in nanoseconds."""
    return int(_STAMP.unpack_from(packet, len(packet) - _STAMP.size)[0])


def came_at(note: memoryview) -> int:
    """What the kernel noted of a datagram's coming, in nanoseconds."""
    _, _, _, seconds, nanoseconds = _NOTE.unpack_from(note)
    return int(seconds * 1_000_000_000 + nanoseconds)


@dataclass(slots=True)
class Heard:
    """One stream, as it came."""

    first: int
    highest: int = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.highest = self.first

    def note(self, short: int) -> None:
        """A packet of this number."""
        ahead = (short - self.highest + 0x8000 & 0xFFFF) - 0x8000
        if ahead > 0:
            self.highest += ahead
        self.count += 1

    @property
    def missing(self) -> int:
        """Of those between the first and the last."""
        return self.highest - self.first + 1 - self.count
