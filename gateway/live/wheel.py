"""Deadlines of all sockets of the process: buckets of one second, one timer for all. Lazy: a
deadline that moved on meanwhile is looked up again when its bucket comes due.
"""

from __future__ import annotations

from math import ceil
from typing import Protocol


class Spoke(Protocol):
    """Something with a deadline."""

    bucket: int
    """Where it hangs; 0 nowhere."""

    def expire(self, now: float) -> float | None:
        """The hour has come, or had been put off: act, and say when to ask again."""


class Wheel:
    """Whoever owns it calls turn() about once a second."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets: dict[int, set[Spoke]] = {}

    def put(self, spoke: Spoke, at: float) -> None:
        """Ask it at this time, or earlier if it hangs at an earlier one."""
        bucket = max(1, ceil(at))
        if 0 < spoke.bucket <= bucket:
            return
        self.remove(spoke)
        spoke.bucket = bucket
        self._buckets.setdefault(bucket, set()).add(spoke)

    def remove(self, spoke: Spoke) -> None:
        """Forget it."""
        hung = self._buckets.get(spoke.bucket)
        if hung is not None:
            hung.discard(spoke)
            if not hung:
                del self._buckets[spoke.bucket]
        spoke.bucket = 0

    def turn(self, now: float) -> None:
        """Ask everybody whose time has come."""
        for bucket in sorted(b for b in self._buckets if b <= now):
            for spoke in self._buckets.pop(bucket):
                spoke.bucket = 0
                again = spoke.expire(now)
                if again is not None:
                    self.put(spoke, max(again, now + 1))

    def __len__(self) -> int:
        return sum(map(len, self._buckets.values()))
