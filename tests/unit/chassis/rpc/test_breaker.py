"""When not to ask."""

from __future__ import annotations

import pytest

from chassis.rpc.breaker import LEAST_CALLS, OPEN_S, RETRIES_SAVED, Breaker, Pass, RetryBudget


def settle(breaker: Breaker, now: float, *, failed: bool | None, times: int = 1) -> None:
    for _ in range(times):
        admitted = breaker.admit(now)
        assert admitted is not None
        breaker.settle(admitted, now, failed=failed)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    settle(breaker, now, failed=True, times=LEAST_CALLS)
    assert breaker.admit(now) is None
    return breaker


class TestBreaker:
    def test_it_opens_when_half_of_twenty_calls_failed(self) -> None:
        breaker = Breaker()
        settle(breaker, 0.0, failed=False, times=10)
        settle(breaker, 0.0, failed=True, times=9)
        assert breaker.admit(0.0) is Pass.CLOSED
        settle(breaker, 0.0, failed=True)
        assert breaker.admit(0.0) is None

    def test_less_than_half_keeps_it_closed(self) -> None:
        breaker = Breaker()
        settle(breaker, 0.0, failed=False, times=101)
        settle(breaker, 0.0, failed=True, times=100)
        assert breaker.admit(0.0) is Pass.CLOSED

    def test_what_is_older_than_ten_seconds_does_not_count(self) -> None:
        breaker = Breaker()
        settle(breaker, 0.0, failed=True, times=19)
        settle(breaker, 10.0, failed=True)
        assert breaker.admit(10.0) is Pass.CLOSED

    def test_seconds_within_ten_count_together(self) -> None:
        breaker = Breaker()
        for second in range(10):
            settle(breaker, float(second), failed=True, times=2)
        assert breaker.admit(9.0) is None

    def test_calls_that_tell_nothing_do_not_count(self) -> None:
        breaker = Breaker()
        settle(breaker, 0.0, failed=None, times=100)
        settle(breaker, 0.0, failed=True, times=19)
        assert breaker.admit(0.0) is Pass.CLOSED

    def test_after_five_seconds_one_call_tries(self) -> None:
        breaker = opened()
        assert breaker.admit(OPEN_S - 0.1) is None
        assert breaker.admit(OPEN_S) is Pass.PROBE
        assert breaker.admit(OPEN_S) is None

    def test_a_probe_that_succeeds_closes_it(self) -> None:
        breaker = opened()
        settle(breaker, OPEN_S, failed=False)
        assert breaker.admit(OPEN_S) is Pass.CLOSED

    def test_a_probe_that_fails_opens_it_again(self) -> None:
        breaker = opened()
        settle(breaker, OPEN_S, failed=True)
        assert breaker.admit(OPEN_S + OPEN_S - 0.1) is None
        assert breaker.admit(OPEN_S + OPEN_S) is Pass.PROBE

    def test_a_probe_that_tells_nothing_lets_the_next_one_try(self) -> None:
        breaker = opened()
        settle(breaker, OPEN_S, failed=None)
        assert breaker.admit(OPEN_S) is Pass.PROBE

    @pytest.mark.parametrize("failed", [True, False, None])
    def test_a_late_end_of_an_earlier_call_changes_nothing(self, failed: bool | None) -> None:
        breaker = opened()
        breaker.settle(Pass.CLOSED, 1.0, failed=failed)
        assert breaker.admit(OPEN_S - 0.1) is None
        assert breaker.admit(OPEN_S) is Pass.PROBE


class TestRetryBudget:
    def test_some_retries_are_saved_for_quiet_times(self) -> None:
        budget = RetryBudget()
        assert [budget.spend() for _ in range(int(RETRIES_SAVED) + 1)].count(True) == RETRIES_SAVED

    def test_ten_calls_earn_a_retry(self) -> None:
        budget = RetryBudget()
        while budget.spend():
            pass
        for _ in range(11):
            budget.earn()
        assert budget.spend()
        assert not budget.spend()

    def test_no_more_is_saved_than_fits(self) -> None:
        budget = RetryBudget()
        for _ in range(1000):
            budget.earn()
        assert sum(budget.spend() for _ in range(100)) == pytest.approx(RETRIES_SAVED, abs=1)
