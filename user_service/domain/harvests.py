"""Harvests: everything the house keeps of somebody, gathered into an archive for them. It lies for
some days, behind links that are signed and short-lived.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from hashlib import sha256

from contracts.ids import UserId

KEPT_FOR = timedelta(days=7)
AGAIN_AFTER = timedelta(days=1)
"""How long one is enough."""
LINK_LIVES = timedelta(hours=1)

_FIRST = timedelta(seconds=0.5)
_MOST = timedelta(minutes=10)


class Status(IntEnum):
    """How far it is."""

    QUEUED = 0
    COMPLETED = 3


@dataclass(frozen=True, slots=True)
class Harvest:
    """As it is kept."""

    id: int
    user_id: UserId
    created: datetime
    completed: datetime | None = None
    tries: int = 0

    def next_try(self, now: datetime) -> datetime:
        """When to ask again for what a neighbour could not tell."""
        return now + min(_MOST, _FIRST * (1 << min(self.tries, 16)))

    @property
    def status(self) -> Status:
        """How far it is."""
        return Status.QUEUED if self.completed is None else Status.COMPLETED

    @property
    def blob(self) -> str:
        """The name of its archive."""
        return f"harvests/{self.id}.zip"

    def is_there(self, now: datetime) -> bool:
        """Whether it can be fetched."""
        return self.completed is not None and now < self.completed + KEPT_FOR

    def is_enough(self, now: datetime) -> bool:
        """Whether it is too early for another one."""
        return self.completed is None or now < self.created + AGAIN_AFTER


@dataclass(frozen=True, slots=True)
class Link:
    """Where a harvest is fetched, for a while."""

    harvest_id: int
    until: int
    signature: str


def link(key: bytes, harvest_id: int, now: datetime) -> Link:
    """A fresh one."""
    until = int((now + LINK_LIVES).timestamp())
    return Link(harvest_id, until, _sign(key, harvest_id, until))


def opens(key: bytes, shown: Link, now: datetime) -> bool:
    """Whether it is one of ours, and in time."""
    signature = _sign(key, shown.harvest_id, shown.until)
    is_ours = hmac.compare_digest(signature.encode(), shown.signature.encode())
    return is_ours and now.timestamp() < shown.until


def _sign(key: bytes, harvest_id: int, until: int) -> str:
    text = f"harvest:{harvest_id:d}:{until:d}"
    return hmac.new(key, text.encode(), sha256).hexdigest()
