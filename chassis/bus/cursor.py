"""Where a process stands in one topic, and what each thing it hears means. Pure.

A topic's history is a list of entries with contiguous numbers `n` and rising stamps. A stamp is
never given twice, so the pair (n, stamp) names one entry of one history: after a loss of data the
same `n` comes back with another stamp, and that is how it is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

Entry = tuple[int, int, bytes]
"""Number, stamp, record."""


class Verdict(Enum):
    """What an arrival means."""

    DELIVER = "the next one"
    DUPLICATE = "known already"
    HOLE = "something between is missing"
    REGRESSED = "of another history"


class Standing(Enum):
    """How a cursor relates to the head of its topic."""

    CURRENT = "nothing is missing"
    BEHIND = "the log holds what is missing"
    LOST = "the log can not tell what is missing"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a topic, and its floor: every entry with a later stamp is in the log."""

    n: int = 0
    stamp: int = 0
    floor: int = 0


class Cursor:
    """The last entry that was delivered; (0, 0) before the first."""

    __slots__ = ("n", "stamp")

    def __init__(self, n: int = 0, stamp: int = 0) -> None:
        self.n = n
        self.stamp = stamp

    def feed(self, n: int, stamp: int) -> Verdict:
        """Judge an arrival; the cursor moves on when it is to be delivered."""
        if n == self.n + 1 and stamp > self.stamp:
            self.n = n
            self.stamp = stamp
            return Verdict.DELIVER
        if n > self.n:
            return Verdict.HOLE if stamp > self.stamp else Verdict.REGRESSED
        is_known = stamp == self.stamp if n == self.n else stamp < self.stamp
        return Verdict.DUPLICATE if is_known else Verdict.REGRESSED

    def compare(self, head: Head) -> Standing:
        """Judge the head. Only right when no arrival is on its way."""
        if (head.n, head.stamp) == (self.n, self.stamp):
            return Standing.CURRENT
        if head.n > self.n and head.stamp > self.stamp and head.floor <= self.stamp:
            return Standing.BEHIND
        return Standing.LOST

    def absorb(self, entries: Sequence[Entry], floor: int) -> Sequence[Entry] | None:
        """Take the log from the cursor's own entry on; what was missed, or None: it is lost.

        The own entry proves that log and cursor are of one history. It may be absent only where the
        floor is exactly the cursor: then all that came later is there.
        """
        if entries and entries[0][:2] == (self.n, self.stamp):
            missed = entries[1:]
        elif self.stamp == floor:
            missed = entries
        else:
            return None
        n, stamp = self.n, self.stamp
        for entry in missed:
            if entry[0] != n + 1 or entry[1] <= stamp:
                return None
            n, stamp = entry[0], entry[1]
        self.n, self.stamp = n, stamp
        return missed
