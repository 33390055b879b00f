"""Letters: what is mailed to whom, how long it is worth sending, and when to try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.ids import UserId
from user_service.domain.proofs import Purpose


class Kind(StrEnum):
    """Which words."""

    VERIFY = "verify"
    CHANGE = "change"
    """To the new address: is it yours?"""
    CHANGING = "changing"
    """To the old address: somebody wants another one."""
    RESET = "reset"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a letter


PROOF_IN = {
    Kind.VERIFY: Purpose.VERIFY,
    Kind.CHANGE: Purpose.CHANGE,
    Kind.RESET: Purpose.RESET,
}
"""Letters that carry a secret."""

WORTH_SENDING = timedelta(hours=24)
_FIRST = timedelta(seconds=30)
_MOST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Letter:
    """As it is kept: to an account, or to whoever a login means, so that asking for one costs the
    same for anybody. Without an address it goes to the account's own.
    """

    id: int
    kind: Kind
    expires: datetime
    user_id: UserId | None = None
    login: str | None = None
    address: str | None = None
    about: str | None = None
    tries: int = 0

    def next_try(self, now: datetime) -> datetime:
        """When to try again, after as many tries as there were."""
        return now + min(_MOST, _FIRST * (1 << min(self.tries, 12)))
