"""Bans: who is shut out of a guild, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from community_service.domain.people import Person
from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode


@dataclass(frozen=True, slots=True)
class Ban:
    """Somebody who may not come in."""

    guild_id: int
    person: Person
    moderator_id: int
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of banning many at once."""

    banned: tuple[int, ...]
    failed: tuple[int, ...]
    """Who stands too high, is banned already, or is nobody."""


def can_ban_stranger(count: int) -> DomainError | None:
    """Whether a guild with so many bans takes one more of somebody who is not in it."""
    return Conflict(ErrorCode.MAX_BANS) if count >= limits.BANS_OF_STRANGERS else None
