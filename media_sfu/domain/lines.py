"""What a listener's line carries, told by when its packets arrive (the other half of transport-wide
congestion control: arrivals.py is for those who publish).

A line that is too narrow shows in packets that wait longer and longer before it. Single waits say
nothing, for a key frame is a burst; a wait that even the luckiest packet of half a second had is a
queue that stands, and then what arrives is what the line carries.
"""

from __future__ import annotations

from array import array
from collections import deque

from media_sfu.domain import rtp

SPAN = 1_024
"""Packets that are remembered until their arrival is told."""
WINDOW_S = 0.5
QUEUE_S = 0.06
LOSS_HIGH = 0.20
"""In one window; what is lost over seconds is known from reports."""
TELLING_LEAST = 16
"""Of fewer packets in a window nothing is concluded."""
REPEATED_AFTER_S = 0.01
_BASE_S = 10.0
"""The shortest way is looked for anew so often: clocks drift, networks change."""
_TICK_S = 0.00025
_SIZE_BITS, _SIZE = 11, (1 << 11) - 1


def departure(now: float, size: int) -> int:
    """A packet of this size is sent now: both in one number."""
    return int(now * 1e6) << _SIZE_BITS | size & _SIZE


class Repeats:
    """What may be sent again: not what is still on its way, and over a narrow line only as much as
    leaves room for what is new. Who misses everything would otherwise get nothing else.
    """

    __slots__ = ("_at", "_left", "_sent", "bits")

    def __init__(self) -> None:
        self.bits = 0
        """A second; 0: without a bound."""
        self._left = self._at = 0.0
        self._sent: dict[int, float] = {}

    def may(self, named: int, size: int, now: float, rtt: float) -> bool:
        """Whether this packet may be sent again now; then it is noted."""
        sent = self._sent
        if now - sent.get(named, -1.0) < max(REPEATED_AFTER_S, rtt / 2):
            return False
        if self.bits:
            most = self.bits / 8 * WINDOW_S
            self._left = min(most, self._left + (now - self._at) * self.bits / 8)
            self._at = now
            if self._left < size:
                return False
            self._left -= size
        sent.pop(named, None)
        sent[named] = now
        if len(sent) > SPAN:
            del sent[next(iter(sent))]
        return True


class Line:
    """Everything that is sent to one listener and numbered for it."""

    __slots__ = ("_arrived", "_before", "_least", "_lost", "_turned_at", "memory")

    def __init__(self) -> None:
        self.memory = array("q", bytes(8 * (SPAN + 1)))
        """Departures by number, 0 for none, and last the newest number: in one piece, for a press
        in C writes here as well.
        """
        self._least = self._before = float("inf")
        self._turned_at = 0.0
        self._arrived: deque[tuple[float, float, int]] = deque()
        """Of the last window: when it was sent, for how long it was under way, its size."""
        self._lost: dict[int, float] = {}

    def leaves(self, left: int) -> int:
        """A packet is sent (see `departure`): its number."""
        memory = self.memory
        memory[SPAN] = number = memory[SPAN] + 1
        memory[number % SPAN] = left
        return number & 0xFFFF

    def hear(self, first: int, arrivals: list[int | None], now: float) -> None:
        """The listener tells when packets from this number on arrived, in its own ticks."""
        newest = self.memory[SPAN]
        number = rtp.extended(first, newest)
        for at in arrivals:
            departed = self.memory[number % SPAN] if newest - SPAN < number <= newest else 0
            left, size = (departed >> _SIZE_BITS) / 1e6, departed & _SIZE
            if at is None and size:
                self._lost[number] = left
            elif at is not None and size:
                self._lost.pop(number, None)
                self._note(left, at * _TICK_S - left, size, now)
                self.memory[number % SPAN] = 0
            number += 1
        self._forget(now)

    def fits(self, now: float) -> int | None:
        """Bits a second that the line carries, when it is asked for more; None while it is not."""
        self._forget(now)
        count = len(self._arrived)
        if count < TELLING_LEAST:
            return None
        wait = min(way for _, way, _ in self._arrived) - min(self._least, self._before)
        lost = len(self._lost) / (count + len(self._lost))
        if wait < QUEUE_S and lost < LOSS_HIGH:
            return None
        came = [left + way for left, way, _ in self._arrived]
        span = max(max(came) - min(came), WINDOW_S / 2)
        return int(sum(size for _, _, size in self._arrived) * 8 / span)

    def _note(self, left: float, way: float, size: int, now: float) -> None:
        if now - self._turned_at > _BASE_S:
            self._before, self._least, self._turned_at = self._least, way, now
        self._least = min(self._least, way)
        self._arrived.append((left, way, size))

    def _forget(self, now: float) -> None:
        arrived, lost = self._arrived, self._lost
        # By the newest that is known to have come: what is told late is not old for that.
        until = (arrived[-1][0] if arrived else now) - WINDOW_S
        while arrived and arrived[0][0] < until:
            arrived.popleft()
        while lost and lost[first := next(iter(lost))] < until:
            del lost[first]
