"""What a provider's answer means for a push, and when to try again. Dice are passed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

_FIRST_S = 2.0
_MOST_S = 600.0
_PATIENCE_MOST_S = 3_600.0
"""No provider is believed who asks for more."""


class Fate(StrEnum):
    """What became of a push."""

    SENT = "sent"
    GONE = "gone"
    """There is no such device any more."""
    LATER = "later"
    REFUSED = "refused"
    """It will never be taken, and it is not the device's fault."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one push."""

    fate: Fate
    retry_after_s: float | None = None
    """As the provider asks."""
    is_outage: bool = False
    """It says that the provider is unwell, whatever is pushed."""
    why: str = ""


SENT = Outcome(Fate.SENT)


def of_status(status: int, retry_after: str | None, now: datetime) -> Outcome:
    """What an HTTP status of a Web Push service means (RFC 8030)."""
    if status < 300:
        return SENT
    if status in {404, 410}:
        return Outcome(Fate.GONE, why=str(status))
    if status == 429 or status >= 500:
        wait = patience(retry_after, now)
        return Outcome(Fate.LATER, wait, is_outage=status >= 500, why=str(status))
    return Outcome(Fate.REFUSED, why=str(status))


def patience(retry_after: str | None, now: datetime) -> float | None:
    """Retry-After, in seconds or as a date; what can not be read says nothing."""
    if not retry_after:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _PATIENCE_MOST_S)


def again_in(tries: int, outcome: Outcome, dice: Callable[[], float]) -> timedelta:
    """How long to wait, after so many tries: twice as long each time, never less than asked for,
    and never all of them at the same moment.
    """
    pause = min(_FIRST_S * (1 << min(tries, 12)), _MOST_S) * (0.5 + 0.5 * dice())
    if outcome.retry_after_s is not None:
        pause = max(pause, outcome.retry_after_s * (1 + 0.2 * dice()))
    return timedelta(seconds=pause)
