"""Deadlines of many by one timer."""

from __future__ import annotations

from gateway.live.wheel import Wheel


class Spoke:
    """Remembers when it was asked."""

    def __init__(self, *again: float | None) -> None:
        self.bucket = 0
        self.asked: list[float] = []
        self._again = list(again)

    def expire(self, now: float) -> float | None:
        self.asked.append(now)
        return self._again.pop(0) if self._again else None


def run(wheel: Wheel, seconds: int) -> None:
    for now in range(1, seconds + 1):
        wheel.turn(float(now))


def test_asks_when_the_time_has_come_and_not_before() -> None:
    wheel, spoke = Wheel(), Spoke()
    wheel.put(spoke, 4.5)
    run(wheel, 10)
    assert spoke.asked == [5.0]
    assert len(wheel) == 0


def test_asks_again_when_it_was_put_off() -> None:
    wheel, spoke = Wheel(), Spoke(7.0, None)
    wheel.put(spoke, 2.0)
    run(wheel, 10)
    assert spoke.asked == [2.0, 7.0]


def test_an_earlier_time_wins_and_a_later_one_waits_its_turn() -> None:
    wheel, spoke = Wheel(), Spoke(9.0)
    wheel.put(spoke, 6.0)
    wheel.put(spoke, 8.0)
    wheel.put(spoke, 3.0)
    run(wheel, 10)
    assert spoke.asked == [3.0, 9.0]


def test_who_is_overdue_is_asked_once_a_second_at_most() -> None:
    wheel, spoke = Wheel(), Spoke(0.0, 0.0, 0.0)
    wheel.put(spoke, 0.0)
    run(wheel, 3)
    assert spoke.asked == [1.0, 2.0, 3.0]


def test_who_was_removed_is_not_asked() -> None:
    wheel, spoke = Wheel(), Spoke()
    wheel.put(spoke, 2.0)
    wheel.remove(spoke)
    wheel.remove(spoke)
    run(wheel, 5)
    assert spoke.asked == []


def test_a_turn_missed_is_made_up_for() -> None:
    wheel, spokes = Wheel(), [Spoke() for _ in range(5)]
    for number, spoke in enumerate(spokes):
        wheel.put(spoke, 1.0 + number)
    wheel.turn(10.0)
    assert [spoke.asked for spoke in spokes] == [[10.0]] * 5
