"""When an event comes again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from contracts.errors import DomainError, Invalid
from contracts.objects.scheduled_event import Frequency, NthWeekday, RecurrenceRule

_LOOKED_AHEAD = 366 * 12
"""Days. What does not come within them does not come: the thirtieth of February."""
_LAST = 5
"""As the n of a weekday: the last one of a month, be it the fourth."""
_OF = {
    "by_weekday": {Frequency.DAILY, Frequency.WEEKLY},
    "by_n_weekday": {Frequency.MONTHLY},
    "by_month": {Frequency.YEARLY},
    "by_month_day": {Frequency.YEARLY},
}


def can_be(rule: RecurrenceRule) -> DomainError | None:
    """Whether the parts of a rule go together, and it ever comes true."""
    for name, frequencies in _OF.items():
        if getattr(rule, name) and rule.frequency not in frequencies:
            text = "Not with this frequency."
            return Invalid({f"recurrence_rule.{name}": ("RECURRENCE_RULE_INVALID", text)})
    if next_after(rule, rule.start - timedelta(seconds=1)) is None:
        return Invalid({"recurrence_rule": ("RECURRENCE_RULE_INVALID", "This never happens.")})
    return None


def next_after(rule: RecurrenceRule, moment: datetime) -> datetime | None:
    """The first time after this moment; None: it is over."""
    first = max(rule.start.date(), moment.astimezone(rule.start.tzinfo).date())
    for ahead in range(_LOOKED_AHEAD):
        day = first + timedelta(days=ahead)
        at = datetime.combine(day, rule.start.timetz())
        if rule.end is not None and at > rule.end:
            return None
        if at > moment and at >= rule.start and _is_on(rule, day):
            return at
    return None


def _is_on(rule: RecurrenceRule, day: date) -> bool:
    start = rule.start.date()
    if rule.frequency is Frequency.DAILY:
        is_day = not rule.by_weekday or day.weekday() in rule.by_weekday
        return is_day and (day - start).days % rule.interval == 0
    if rule.frequency is Frequency.WEEKLY:
        weeks = (_monday(day) - _monday(start)).days // 7
        return weeks % rule.interval == 0 and day.weekday() in (
            rule.by_weekday or (start.weekday(),)
        )
    if rule.frequency is Frequency.MONTHLY:
        months = (day.year - start.year) * 12 + day.month - start.month
        return months % rule.interval == 0 and _is_in_month(rule, day)
    months_of_year, days = rule.by_month or (start.month,), rule.by_month_day or (start.day,)
    is_year = (day.year - start.year) % rule.interval == 0
    return is_year and day.month in months_of_year and day.day in days


def _is_in_month(rule: RecurrenceRule, day: date) -> bool:
    if not rule.by_n_weekday:
        return day.day == rule.start.day
    return any(_is_nth(day, one) for one in rule.by_n_weekday)


def _is_nth(day: date, one: NthWeekday) -> bool:
    if day.weekday() != one.day:
        return False
    is_last = (day + timedelta(days=7)).month != day.month
    return is_last if one.n == _LAST else (day.day - 1) // 7 + 1 == one.n


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
