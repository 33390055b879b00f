"""How the crowd grows and shrinks, and when it is too large. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_ERRORS = 0.00025
"""Answers of 500 and above, and what never came."""
MEAN_MS = 100.0
P99_MS = 2_000.0


@dataclass(frozen=True)
class Look:
    """What a stretch of time was like."""

    requests: int
    errors: int
    mean_ms: float
    p99_ms: float

    def holds(self) -> bool:
        """Whether a crowd of this size is served well."""
        if not self.requests:
            return False
        is_sound = self.errors <= self.requests * MOST_ERRORS
        return is_sound and self.mean_ms <= MEAN_MS and self.p99_ms <= P99_MS


@dataclass(frozen=True)
class Tally:
    """All that was counted up to some moment."""

    requests: int = 0
    errors: int = 0
    total_ms: float = 0.0
    took: Mapping[int, int] = field(default_factory=dict)
    """How many took so many milliseconds."""

    def since(self, before: Tally) -> Look:
        """What it was like from an earlier moment on."""
        requests = self.requests - before.requests
        took = {ms: count - before.took.get(ms, 0) for ms, count in self.took.items()}
        mean_ms = (self.total_ms - before.total_ms) / max(1, requests)
        return Look(requests, self.errors - before.errors, mean_ms, _p99(took))


def _p99(took: Mapping[int, int]) -> float:
    slower = sum(took.values()) // 100
    for ms in sorted(took, reverse=True):
        slower -= took[ms]
        if slower < 0:
            return ms
    return 0.0


def ramp(at: float, users: int, seconds: float) -> int:
    """Growing for two thirds of the time, then staying."""
    return max(1, min(users, round(users * at / (seconds * 2 / 3))))


def storm(at: float, users: int, seconds: float) -> int:
    """A tenth of them, and in the middle third everybody at once."""
    return users if seconds / 3 <= at < seconds * 2 / 3 else max(1, users // 10)


def soak(at: float, users: int, seconds: float) -> int:
    """Everybody, all the time."""
    del at, seconds
    return users


SHAPES = {"ramp": ramp, "storm": storm, "soak": soak}


class Search:
    """Finds the largest crowd that is served well: adds as many again while it holds, then removes
    or adds half of what is between. One bad look may be the machine's: it is looked again.
    """

    def __init__(self, start: int, most: int) -> None:
        self.users = start
        self.best = 0
        self.is_over = False
        self._most = most
        self._is_doubted = False
        self._too_many: int | None = None

    def judge(self, look: Look) -> None:
        """Take a look at the present crowd and choose the next."""
        if look.holds():
            self.best = self.users
        elif not self._is_doubted:
            self._is_doubted = True
            return
        else:
            self._too_many = self.users
        self._is_doubted = False
        if self._too_many is None:
            self.is_over = self.users == self._most
            self.users = min(self._most, self.users * 2)
        else:
            gap = self._too_many - self.best
            self.is_over = gap <= max(1, self._too_many // 10)
            self.users = self.best + gap // 2
