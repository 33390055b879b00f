"""The arithmetic of limits: bursts, even draining, honest waiting times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ratelimit import remaining, take, used_after

LIMIT, PER = 5, 10.0


def test_a_burst_up_to_the_limit_is_allowed_and_counted_down() -> None:
    state, left = 0.0, []
    for _ in range(LIMIT):
        taken = take(state, 100.0, LIMIT, PER)
        assert taken.is_allowed
        state = taken.empty_at
        left.append(taken.remaining)
    assert left == [4, 3, 2, 1, 0]
    assert not take(state, 100.0, LIMIT, PER).is_allowed


def test_a_refusal_changes_nothing_and_says_when_to_come_back() -> None:
    state = 110.0
    refused = take(state, 100.0, LIMIT, PER)
    assert refused.empty_at == state
    assert refused.remaining == 0
    assert refused.retry_after == pytest.approx(2.0)
    assert refused.reset_after == pytest.approx(10.0)
    assert take(state, 100.0 + refused.retry_after, LIMIT, PER).is_allowed


def test_one_comes_back_after_its_share_of_the_period() -> None:
    state = 110.0
    assert not take(state, 101.9, LIMIT, PER).is_allowed
    assert take(state, 102.0, LIMIT, PER).remaining == 0
    assert take(state, 104.0, LIMIT, PER).remaining == 1


def test_after_the_reset_everything_is_free_again() -> None:
    taken = take(110.0, 110.0, LIMIT, PER)
    assert taken.remaining == LIMIT - 1
    assert taken.reset_after == pytest.approx(PER / LIMIT)


def test_a_state_long_past_is_as_good_as_none() -> None:
    assert take(3.0, 1e9, LIMIT, PER) == take(0.0, 1e9, LIMIT, PER)


def test_used_and_remaining_add_up() -> None:
    step = PER / LIMIT
    used = used_after(0.0, 50.0, step)
    assert used == step
    assert remaining(used, step, PER) == LIMIT - 1


@given(
    limit=st.integers(1, 50),
    per=st.floats(0.5, 600),
    gaps=st.lists(st.floats(0, 30), min_size=1, max_size=80),
)
def test_no_window_ever_holds_more_than_twice_the_limit(
    limit: int, per: float, gaps: list[float]
) -> None:
    state, now, allowed = 0.0, 1000.0, []
    for gap in gaps:
        now += gap
        taken = take(state, now, limit, per)
        state = taken.empty_at
        assert 0 <= taken.remaining < limit
        assert taken.reset_after <= per + 1e-6
        if taken.is_allowed:
            allowed.append(now)
        else:
            assert taken.retry_after > 0
    for start in allowed:
        assert sum(start <= moment < start + per for moment in allowed) <= 2 * limit
