"""Lines that narrow and widen, simulated: a queue that empties at so many bits a second."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from media_sfu.domain import arrivals, rtcp
from media_sfu.domain.allocation import Budget, Want, allocate
from media_sfu.domain.arrivals import Arrivals
from media_sfu.domain.lines import LOSS_HIGH, Line, Repeats, departure

RATES = (150_000, 500_000, 1_700_000)
PACKET = 1_050
STEP_S, WAY_S, TELLS_S = 0.01, 0.03, 0.1


@dataclass
class Viewer:
    """Watches one video over a line with a queue, and tells what arrives when."""

    bits: int
    queue_s: float = 0.3
    jitter_s: float = 0.0
    loss: float = 0.0
    now: float = 100.0
    layer: int = 2
    layers: list[tuple[float, int]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line, self.budget, self.dice = Line(), Budget(), Random(3)
        self._arrivals, self._owed, self._free_at = Arrivals(), 0.0, self.now
        self._coming: list[tuple[float, int]] = []
        self._step, self._last = 0, 0.0

    def watches(self, seconds: float) -> None:
        """For so long."""
        until = self.now + seconds
        while self.now < until:
            self._step += 1
            self.now += STEP_S
            self._sent()
            if self._step % int(TELLS_S / STEP_S) == 0:
                self._told()
            if self._step % 30 == 0:
                self._chosen()

    def _sent(self) -> None:
        # A picture a thirtieth of a second, each tenth three times as large as the others.
        if self._step % 3:
            return
        share = 3 if self._step % 30 == 0 else 1
        self._owed += RATES[self.layer] * STEP_S * 3 / 8 * share / 1.2
        while self._owed >= PACKET:
            self._owed -= PACKET
            number = self.line.leaves(departure(self.now, PACKET))
            self._free_at = max(self._free_at, self.now)
            wait = self._free_at - self.now
            if wait > self.queue_s or self.dice.random() < self.loss:
                continue
            self._free_at += PACKET * 8 / self.bits
            self.waits.append(wait)
            # What is late holds up what follows.
            late = self.dice.random() ** 9 * self.jitter_s
            self._last = max(self._last, self._free_at + WAY_S + late)
            self._coming.append((self._last, number))

    def _told(self) -> None:
        here = sorted(each for each in self._coming if each[0] <= self.now)
        self._coming = [each for each in self._coming if each[0] > self.now]
        for at, number in here:
            self._arrivals.note(number, int((at + 7_000) * 1e6))
        feedback = self._arrivals.feedback(1, 2)
        if feedback is not None:
            (packet,) = rtcp.packets(feedback)
            self.line.hear(*arrivals.told(packet.body), self.now)

    def _chosen(self) -> None:
        fits = self.line.fits(self.now)
        if fits is not None:
            self.budget.narrow(self.now, fits)
        elif self._step % 90 == 0:
            self.budget.judge(self.now, RATES[self.layer], 0.0, None)
        self.layer = allocate([Want("camera", RATES, 2)], self.budget.bits)["camera"]
        self.layers.append((self.now, self.layer))


@pytest.mark.parametrize("queue_s", [0.03, 0.3, 1.0])
def test_a_narrow_line_gets_less_within_seconds_and_more_when_it_is_wide(queue_s: float) -> None:
    viewer = Viewer(5_000_000, queue_s=queue_s)
    viewer.watches(5)
    assert {layer for _, layer in viewer.layers} == {2}
    viewer.bits = 700_000
    viewer.watches(4)
    assert viewer.layer < 2
    viewer.watches(2)
    viewer.layers.clear()
    viewer.waits.clear()
    viewer.watches(60)
    on_high = sum(layer == 2 for _, layer in viewer.layers) / len(viewer.layers)
    assert on_high < 0.1, "trials are short and rare"
    assert sorted(viewer.waits)[len(viewer.waits) // 2] < 0.05
    viewer.bits = 5_000_000
    viewer.watches(60)
    assert viewer.layer == 2


@pytest.mark.parametrize(("jitter_s", "loss"), [(0.0, 0.0), (0.05, 0.0), (0.02, 0.05)])
def test_a_line_that_is_wide_enough_is_left_alone(jitter_s: float, loss: float) -> None:
    viewer = Viewer(3_000_000, jitter_s=jitter_s, loss=loss)
    viewer.watches(60)
    assert {layer for _, layer in viewer.layers} == {2}


def test_who_tells_nothing_or_nonsense_changes_nothing() -> None:
    line = Line()
    assert line.fits(1.0) is None
    line.hear(500, [1, None, 3], 1.0)
    for _ in range(10):
        line.leaves(departure(1.0, 100))
    line.hear(1, [10, 10, 10], 1.1)
    assert line.fits(1.1) is None, "too few to tell"


def test_what_is_lost_of_a_full_line_tells_as_well() -> None:
    line = Line()
    for _ in range(40):
        line.leaves(departure(1.0, 1_000))
    told = [
        None if number % int(1 / LOSS_HIGH / 2) == 0 else 4_000 + number for number in range(40)
    ]
    line.hear(1, told, 1.1)
    assert line.fits(1.1) is not None


def test_what_is_sent_again_leaves_room_for_what_is_new() -> None:
    repeats = Repeats()
    assert all(repeats.may(number, 1_000, 1.0, 0.2) for number in range(50))
    assert not repeats.may(7, 1_000, 1.05, 0.2), "it is still on its way"
    assert repeats.may(7, 1_000, 1.2, 0.2)
    repeats.bits = 80_000
    for second in range(3, 6):
        sent = sum(repeats.may(number, 1_000, second, 0.2) for number in range(50))
        assert sent == 5
