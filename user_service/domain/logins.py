"""A login session: one public token and the device that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.identity import Kind
from contracts.ids import UserId
from user_service.domain.clients import Client

LAST_USED_WITHIN = timedelta(hours=1)
"""How exact `last_used` is: a write for every use would cost more than it tells."""


@dataclass(frozen=True, slots=True)
class Login:
    """As it is kept."""

    id: int
    user_id: UserId
    kind: Kind
    token_hash: bytes
    client: Client
    created: datetime
    last_used: datetime

    def is_worn(self, now: datetime) -> bool:
        """Whether `last_used` is too old to stand."""
        return now - self.last_used >= LAST_USED_WITHIN


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment at which it is known, and whose it is."""

    text: str
    user_id: UserId
    login_id: int
