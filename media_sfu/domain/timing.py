"""When the packets of a recording were spoken and seen, on one line of time for everybody.

A timestamp says how far apart packets of one stream are, but not when they were; the moment of
arrival says when, but with whatever the network added. Sender reports tie the timestamps of a
person's streams to one clock of that person, so that lips fit the voice. What is left is how
far that clock is from ours: the smallest delay between the two in a stretch of time, as a packet
can come too late but never too early. It is measured anew in every stretch, since clocks
drift. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

_HALF = 1 << 31
_WRAP = 0xFFFFFFFF
STRETCH_S = 30.0
CREEP_S = 0.02
"""A change of delay below this is the network's and not a clock's."""


def unwrapped(timestamp: int, near: int) -> int:
    """A 32-bit timestamp as one that never wraps, near another."""
    return near + ((timestamp - near + _HALF) & _WRAP) - _HALF


@dataclass(slots=True)
class Clock:
    """One stream's timestamps in seconds of its sender's clock."""

    rate: int
    newest: int | None = None
    first: int | None = None
    reports: list[tuple[int, float]] = field(default_factory=list)
    """Timestamp and moment of each sender report, in order."""

    def unwrap(self, timestamp: int) -> int:
        """Without wrapping; the first is as it is, with room below it."""
        if self.newest is None:
            self.newest = self.first = timestamp + (1 << 32)
        found = unwrapped(timestamp, self.newest)
        self.newest = max(self.newest, found)
        return found

    def report(self, timestamp: int, seconds: float) -> None:
        """The sender says when this timestamp is."""
        at = self.unwrap(timestamp)
        if not self.reports or at > self.reports[-1][0]:
            self.reports.append((at, seconds))

    def seconds(self, unwrapped_: int) -> float:
        """By the last report before it, or the first one; without any, by itself."""
        if not self.reports:
            return unwrapped_ / self.rate
        at = max(0, bisect_right(self.reports, (unwrapped_, float("inf"))) - 1)
        known, seconds = self.reports[at]
        return seconds + (unwrapped_ - known) / self.rate


@dataclass(slots=True)
class Delays:
    """How far a clock is from ours, stretch by stretch."""

    least: dict[int, float] = field(default_factory=dict)

    def note(self, arrived: float, seconds: float) -> None:
        """Something of this moment came then."""
        at, delay = int(arrived // STRETCH_S), arrived - seconds
        if delay < self.least.get(at, float("inf")):
            self.least[at] = delay

    def settled(self) -> Mapping[int, float]:
        """By stretch: what is added to the clock. It changes only if it must."""
        found: dict[int, float] = {}
        kept: float | None = None
        for at, delay in sorted(self.least.items()):
            if kept is None or abs(delay - kept) > CREEP_S:
                kept = delay
            found[at] = kept
        return found
