"""When not to ask: a breaker for each neighbour and call, and a budget of retries. Pure."""

from __future__ import annotations

from collections import deque
from enum import Enum

WINDOW_S = 10.0
LEAST_CALLS = 20
FAILED_SHARE = 0.5
OPEN_S = 5.0
RETRY_SHARE = 0.1
RETRIES_SAVED = 10.0


class Pass(Enum):
    """How a call was let through."""

    CLOSED = "as usual"
    PROBE = "the one that tries whether the neighbour is well again"


class Breaker:
    """Opens when half of at least twenty calls in ten seconds failed; after five seconds, one call
    tries whether it may close.
    """

    __slots__ = ("_is_probing", "_open_until", "_seconds")

    def __init__(self) -> None:
        self._seconds: deque[list[int]] = deque()
        """For each second with calls: the second, calls, failures."""
        self._open_until: float | None = None
        self._is_probing = False

    def admit(self, now: float) -> Pass | None:
        """Whether a call may go; each one that may has to be settled."""
        if self._open_until is None:
            return Pass.CLOSED
        if now < self._open_until or self._is_probing:
            return None
        self._is_probing = True
        return Pass.PROBE

    def settle(self, admitted: Pass, now: float, *, failed: bool | None) -> None:
        """How it went; None when its end says nothing about the neighbour."""
        if admitted is Pass.PROBE:
            self._is_probing = False
            if failed is not None:
                self._open_until = now + OPEN_S if failed else None
        elif failed is not None and self._open_until is None:
            self._count(now, failed=failed)

    def _count(self, now: float, *, failed: bool) -> None:
        seconds, this = self._seconds, int(now)
        if not seconds or seconds[-1][0] != this:
            seconds.append([this, 0, 0])
            while seconds[0][0] <= this - WINDOW_S:
                seconds.popleft()
        seconds[-1][1] += 1
        if failed:
            seconds[-1][2] += 1
            calls = sum(second[1] for second in seconds)
            failures = sum(second[2] for second in seconds)
            if calls >= LEAST_CALLS and failures >= FAILED_SHARE * calls:
                self._open_until = now + OPEN_S
                seconds.clear()


class RetryBudget:
    """One retry for ten calls, and some saved for quiet times: retries must not become the load."""

    __slots__ = ("_saved",)

    def __init__(self) -> None:
        self._saved = RETRIES_SAVED

    def earn(self) -> None:
        """A call was made."""
        if self._saved < RETRIES_SAVED:
            self._saved += RETRY_SHARE

    def spend(self) -> bool:
        """Take one retry, if one is left."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True
