"""One incoming stream: its numbers made continuous, what is missing, what is kept for repeats."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from media_sfu.domain import rtp
from media_sfu.domain.frames import Vp8
from media_sfu.domain.rtcp import Report

MISSING_MOST = 256
NACK_EVERY_S = 0.04
NACK_TIMES = 6
NACK_SPAN_S = 1.0
LATE_MOST = 1_024
"""A packet so many numbers behind the newest one is of no use to anybody."""
_SKIPPED_MOST = 64


class Kept(NamedTuple):
    """A packet as it is kept and forwarded."""

    number: int
    packet: bytes
    timestamp: int
    mark: Vp8 | None = None
    at: float = 0.0


NOTHING = Kept(-1, b"", 0)


class History:
    """The last packets of a stream by their number, for those who missed one."""

    __slots__ = ("_kept", "_mask")

    def __init__(self, size: int) -> None:
        self._mask = size - 1
        self._kept: list[Kept | None] = [None] * size

    def keep(self, kept: Kept) -> None:
        """Keep it in the place of one that is `size` older."""
        self._kept[kept.number & self._mask] = kept

    def find(self, number: int) -> Kept | None:
        """The packet of this number, if it is still there."""
        kept = self._kept[number & self._mask]
        return kept if kept is not None and kept.number == number else None


@dataclass(slots=True)
class Rate:
    """Bits a second, measured when asked."""

    octets: int = 0
    value: int = 0
    _before: int = 0
    _at: float = 0.0

    def measure(self, now: float) -> int:
        """Since the last time."""
        if now > self._at:
            self.value = int((self.octets - self._before) * 8 / (now - self._at))
            self._before, self._at = self.octets, now
        return self.value


class Gaps:
    """Numbers that are missing, and when to ask for them again."""

    __slots__ = ("_missing",)

    def __init__(self) -> None:
        self._missing: dict[int, tuple[float, float, int]] = {}

    def opened(self, numbers: range, now: float) -> None:
        """These should have come."""
        for number in numbers[-MISSING_MOST:]:
            self._missing[number] = (now, now + 0.01, 0)
        while len(self._missing) > MISSING_MOST:
            del self._missing[next(iter(self._missing))]

    def filled(self, number: int) -> None:
        """This one came after all."""
        self._missing.pop(number, None)

    def due(self, now: float) -> list[int]:
        """Those to ask for now; each at most six times, within a second."""
        asked = []
        for number, (since, at, times) in tuple(self._missing.items()):
            if times >= NACK_TIMES or now - since > NACK_SPAN_S:
                del self._missing[number]
            elif at <= now:
                self._missing[number] = (since, now + NACK_EVERY_S * (times + 1), times + 1)
                asked.append(number)
        return sorted(asked)

    def __bool__(self) -> bool:
        return bool(self._missing)


class Intake:
    """Counts one stream as its receiver: order, loss, jitter, and holes that were only padding."""

    __slots__ = (
        "_base",
        "_clock",
        "_expected_before",
        "_received_before",
        "_skipped",
        "_skipped_before",
        "_transit",
        "gaps",
        "highest",
        "jitter",
        "lost_share",
        "octets",
        "received",
    )

    def __init__(self, clock: int) -> None:
        self._clock = clock
        self._base = -1
        self.highest = -1
        self.received = 0
        self.octets = 0
        self.lost_share = 0.0
        self.jitter = 0.0
        self._transit: float | None = None
        self._expected_before = 0
        self._received_before = 0
        self._skipped: deque[int] = deque()
        self._skipped_before = 0
        self.gaps = Gaps()

    def take(self, number: int, now: float, size: int) -> int:
        """A packet came: its number without wrapping, or -1 for one that is too late."""
        if self.highest < 0:
            # Far enough above zero that no late packet is below it.
            self.highest = self._base = number + 0x10000
        extended = rtp.extended(number, self.highest)
        if extended > self.highest:
            if extended > self.highest + 1:
                self.gaps.opened(range(self.highest + 1, extended), now)
            self.highest = extended
        elif self.highest - extended > LATE_MOST:
            return -1
        else:
            self.gaps.filled(extended)
        self.received += 1
        self.octets += size
        return extended

    def wander(self, timestamp: int, now: float) -> None:
        """Let a packet's lateness count in the jitter (RFC 3550, A.8)."""
        transit = now * self._clock - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < self._clock * 5:
                self.jitter += (change - self.jitter) / 16
        self._transit = transit

    def skip(self, number: int) -> None:
        """This number carried nothing and is not forwarded."""
        if self._skipped and number <= self._skipped[-1]:
            return
        if len(self._skipped) == _SKIPPED_MOST:
            self._skipped.popleft()
            self._skipped_before += 1
        self._skipped.append(number)

    def closed(self, number: int) -> int:
        """The number with the holes of skipped ones closed."""
        if not self._skipped:
            return number
        return number - self._skipped_before - bisect_right(self._skipped, number)

    @property
    def lost(self) -> int:
        """Numbers that never came, less those that came twice."""
        return self.highest - self._base + 1 - self.received if self.highest >= 0 else 0

    def report(self, ssrc: int, last_sender: int, delay: int) -> Report:
        """What its sender is told, since the last time."""
        expected = self.highest - self._base + 1
        newly = expected - self._expected_before
        came = self.received - self._received_before
        self._expected_before, self._received_before = expected, self.received
        share = (newly - came) * 256 // newly if newly > 0 and newly > came else 0
        self.lost_share = share / 256
        return Report(
            ssrc, min(share, 255), self.lost, self.highest, int(self.jitter), last_sender, delay
        )
