"""How a crowd grows, and when it is too large."""

from __future__ import annotations

import pytest

from loadtest.crowd.pace import Look, Search, Tally, ramp, soak, storm

GOOD = Look(10_000, 2, 40.0, 900.0)


@pytest.mark.parametrize(
    "look",
    [
        Look(0, 0, 0.0, 0.0),
        Look(10_000, 3, 40.0, 900.0),
        Look(10_000, 0, 101.0, 900.0),
        Look(10_000, 0, 40.0, 2_001.0),
    ],
)
def test_a_crowd_is_served_badly_with_errors_or_delay_or_not_at_all(look: Look) -> None:
    assert not look.holds()
    assert GOOD.holds()


def test_a_ramp_ends_at_everybody_and_a_storm_comes_at_once() -> None:
    assert [ramp(at, 90, 90) for at in (0, 30, 60, 90)] == [1, 45, 90, 90]
    assert [storm(at, 90, 90) for at in (0, 29, 30, 59, 60)] == [9, 9, 90, 90, 9]
    assert soak(3, 90, 90) == 90


@pytest.mark.parametrize("limit", [1, 7, 20, 21, 137, 400, 999])
def test_a_search_finds_the_largest_crowd(limit: int) -> None:
    search, looks = Search(20, 1_000), 0
    while not search.is_over:
        search.judge(GOOD if search.users <= limit else Look(1, 1, 0.0, 0.0))
        looks += 1
    assert limit * 0.8 <= search.best <= limit
    assert looks < 45


def test_one_bad_look_is_looked_again() -> None:
    search, bad = Search(20, 40), Look(10_000, 0, 400.0, 900.0)
    search.judge(bad)
    assert (search.users, search.best) == (20, 0)
    search.judge(GOOD)
    search.judge(bad)
    search.judge(bad)
    assert (search.users, search.best) == (30, 20)


def test_a_search_ends_when_everybody_is_served_well() -> None:
    search = Search(20, 100)
    while not search.is_over:
        search.judge(GOOD)
    assert search.best == 100


def test_a_step_is_looked_at_alone() -> None:
    before = Tally(100, 5, 100_000.0, {1_000: 100})
    now = Tally(300, 6, 104_000.0, {10: 197, 1_000: 101, 2_000: 2})
    assert now.since(before) == Look(200, 1, 20.0, 1_000.0)
    assert before.since(before) == Look(0, 0, 0.0, 0.0)
