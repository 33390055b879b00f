"""Rate-limit arithmetic (GCRA). Pure: time is passed in, the caller keeps the one number of state.

A limit of `limit` per `per` seconds is a bucket that drains evenly. The state is the moment at
which it will be empty; a moment in the past and no state mean the same: nothing is used up.
"""

from __future__ import annotations

from typing import NamedTuple

ROUNDING = 1e-6
"""Tolerated, so that sums of fractions do not cost the last one."""


class Taken(NamedTuple):
    """What came of an attempt to take one."""

    empty_at: float
    """The new state; unchanged when refused."""
    is_allowed: bool
    remaining: int
    """How many more could be taken now."""
    reset_after: float
    """Seconds until everything may be taken again."""
    retry_after: float
    """Seconds until one may be taken; 0 when allowed."""


def used_after(empty_at: float, now: float, step: float) -> float:
    """Seconds of draining due after taking one that needs `step`; at most `per` are allowed."""
    return (empty_at - now if empty_at > now else 0.0) + step


def remaining(used: float, step: float, per: float) -> int:
    """How many more could be taken when so much is used."""
    return int((per - used) / step + ROUNDING)


def take(empty_at: float, now: float, limit: int, per: float) -> Taken:
    """Take one of `limit` per `per` seconds, or learn when one will be free."""
    step = per / limit
    used = used_after(empty_at, now, step)
    if used > per + ROUNDING:
        return Taken(empty_at, False, 0, used - step, used - per)
    return Taken(now + used, True, remaining(used, step, per), used, 0.0)
