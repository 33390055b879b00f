"""When an event comes again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from community_service.domain.recurrences import can_be, next_after
from contracts.objects.scheduled_event import RecurrenceRule

START = datetime(2026, 1, 30, 19, 30, tzinfo=UTC)
"""A Friday."""
YEARLY, MONTHLY, WEEKLY, DAILY = range(4)


def rule(frequency: int, **how: Any) -> RecurrenceRule:
    return RecurrenceRule.model_validate({"start": START, "frequency": frequency, **how})


@pytest.mark.parametrize(
    ("how", "dates"),
    [
        (rule(DAILY), ["2026-01-31", "2026-02-01"]),
        (rule(DAILY, by_weekday=[0, 1, 2, 3, 4]), ["2026-02-02", "2026-02-03"]),
        (rule(WEEKLY), ["2026-02-06", "2026-02-13"]),
        (rule(WEEKLY, interval=2, by_weekday=[2]), ["2026-02-11", "2026-02-25"]),
        (rule(MONTHLY), ["2026-03-30", "2026-04-30"]),
        (rule(MONTHLY, by_n_weekday=[{"n": 1, "day": 1}]), ["2026-02-03", "2026-03-03"]),
        (rule(MONTHLY, by_n_weekday=[{"n": 5, "day": 4}]), ["2026-02-27", "2026-03-27"]),
        (rule(YEARLY, by_month=[2], by_month_day=[29]), ["2028-02-29", "2032-02-29"]),
        (rule(DAILY, end=START + timedelta(days=1)), ["2026-01-31", None]),
    ],
)
def test_it_comes_again_at_the_same_hour(how: RecurrenceRule, dates: list[str | None]) -> None:
    moment = START
    for date in dates:
        again = next_after(how, moment)
        if date is None:
            assert again is None
            return
        assert again is not None
        assert again.isoformat() == f"{date}T19:30:00+00:00"
        moment = again


def test_before_it_began_its_start_is_the_first_time() -> None:
    assert next_after(rule(DAILY), START - timedelta(days=90)) == START


@pytest.mark.parametrize(
    "wrong",
    [
        rule(WEEKLY, by_month_day=[1]),
        rule(DAILY, by_n_weekday=[{"n": 1, "day": 1}]),
        rule(YEARLY, by_month=[2], by_month_day=[30]),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(wrong: RecurrenceRule) -> None:
    assert can_be(wrong) is not None
