"""Members of a guild."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from community_service.domain.guilds import Guild
from community_service.domain.people import Person
from contracts.errors import Conflict, DomainError

MEMBERSHIPS = 10_000
"""Of one bot: beyond this its sessions must be sharded anyway."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody within one guild."""

    guild_id: int
    person: Person
    roles: tuple[int, ...]
    joined_at: datetime
    nick: str | None = None
    avatar: str | None = None
    timed_out_until: datetime | None = None
    deaf: bool = False
    mute: bool = False
    pending: bool = False
    flags: int = 0


def can_leave(guild: Guild, user_id: int) -> DomainError | None:
    """The owner hands the guild over or deletes it, but does not walk away from it."""
    if guild.owner_id == user_id:
        return Conflict(message="The owner of a guild can not leave it")
    return None
