"""Which numbers of a sender were seen: nothing that was sent once is taken twice."""

from __future__ import annotations

WINDOW = 1_024
_ALL = (1 << WINDOW) - 1
_HALF = 1 << 31


class Freshness:
    """Numbers of 32 bits that wrap around: a window behind the newest."""

    __slots__ = ("_newest", "_seen")

    def __init__(self) -> None:
        self._newest: int | None = None
        self._seen = 0

    def is_fresh(self, number: int) -> bool:
        """Whether it was not seen, and is not too old to say."""
        if self._newest is None:
            return True
        behind = self._newest - number & 0xFFFFFFFF
        return behind >= _HALF or (behind < WINDOW and not self._seen >> behind & 1)

    def note(self, number: int) -> None:
        """It was seen: to be said of a proven one that is fresh."""
        if self._newest is None:
            self._newest, self._seen = number, 1
            return
        ahead = number - self._newest & 0xFFFFFFFF
        if ahead < _HALF:
            self._newest = number
            self._seen = (self._seen << ahead | 1) & _ALL if ahead < WINDOW else 1
        else:
            self._seen |= 1 << (self._newest - number & 0xFFFFFFFF)
