"""How much a listener's line carries, and which layer of each video fits into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

UNBOUNDED = 50_000_000
FLOOR = 100_000
HOLD_S = 3.0
HOLD_MOST_S = 48.0
FORGIVEN_S = 60.0
DRAIN_S = 1.5
"""For so long after a fall, what arrives still tells of what was sent before it."""
HEADROOM = 0.85
LOSS_HIGH, LOSS_LOW = 0.10, 0.02
STEP_UP = 1.6
GUESS = (150_000, 500_000, 1_700_000)
"""Bits a second of layers that were never measured, the lowest first."""


@dataclass(slots=True)
class Budget:
    """Bits a second for one listener. Begins without a bound, so that good lines get the best at
    once; falls at the first evidence against it, and climbs back in steps, later after each fall.
    """

    bits: int = UNBOUNDED
    hold_s: float = HOLD_S
    held_until: float = 0.0
    bad: int = 0
    fell_at: float = -DRAIN_S
    was_tried: bool = True
    """More than what was left by the last fall."""

    def narrow(self, now: float, fits: int) -> None:
        """The line was seen to carry so much and no more: at once, but not twice for one queue."""
        if now - self.fell_at >= DRAIN_S:
            self._fall(now, int(fits * HEADROOM))

    def judge(self, now: float, sent: int, loss: float, estimate: int | None) -> int:
        """With what was sent, lost, and believed by the other side to fit, of late."""
        squeezed = estimate is not None and sent > 2 * FLOOR and estimate < sent * 0.85
        self.bad = self.bad + 1 if loss > LOSS_HIGH or squeezed else 0
        if self.bad >= 2:
            fits = min(estimate, sent) if estimate is not None and squeezed else int(sent * 0.7)
            self._fall(now, fits)
        elif self.bits < UNBOUNDED and now >= self.held_until and loss < LOSS_LOW:
            self.bits = min(UNBOUNDED, int(self.bits * STEP_UP))
            self.held_until, self.was_tried = now + HOLD_S, True
        return self.bits

    @property
    def spare(self) -> int:
        """Bits a second for what is sent again; 0: without a bound."""
        return self.bits // 4 if self.bits < UNBOUNDED else 0

    def _fall(self, now: float, fits: int) -> None:
        # Who fell long ago fell for another reason.
        if now - self.fell_at > FORGIVEN_S:
            self.hold_s = HOLD_S
        self.bits = max(FLOOR, min(self.bits, fits))
        self.held_until = now + self.hold_s
        if self.was_tried:
            self.hold_s = min(self.hold_s * 2, HOLD_MOST_S)
        self.bad, self.fell_at, self.was_tried = 0, now, False


@dataclass(frozen=True, slots=True)
class Want:
    """One video that a listener wants."""

    track: str
    rates: Sequence[int]
    """Measured bits a second by layer, the lowest first; 0: not measured."""
    most: int
    """The highest layer of use; -1: none."""
    priority: int = 0


def allocate(wants: Sequence[Want], bits: int) -> dict[str, int]:
    """The layer of each video: -1 for none. Everybody first gets the lowest, then raises go around
    by priority while the budget lasts; the first in line is never left with nothing.
    """
    order = sorted(wants, key=lambda want: (-want.priority, want.track))
    chosen = {want.track: -1 for want in order}
    left, is_first = bits, True
    for want in order:
        if want.most < 0 or not want.rates:
            continue
        cost = _cost(want, 0)
        if cost <= left or is_first:
            chosen[want.track], left, is_first = 0, left - cost, False
    is_raised = True
    while is_raised:
        is_raised = False
        for want in order:
            at = chosen[want.track]
            if not 0 <= at < min(want.most, len(want.rates) - 1):
                continue
            more = _cost(want, at + 1) - _cost(want, at)
            if more <= left:
                chosen[want.track], left, is_raised = at + 1, left - more, True
    return chosen


def _cost(want: Want, layer: int) -> int:
    return want.rates[layer] or GUESS[min(layer, len(GUESS) - 1)]


def most_useful(sizes: Sequence[tuple[int, int]], width: int, height: int) -> int:
    """The lowest layer that fills a picture of this size."""
    for at, (wide, high) in enumerate(sizes):
        if wide >= width and high >= height:
            return at
    return len(sizes) - 1
