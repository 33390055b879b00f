"""Guilds: their settings, and who may hand one on or end it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from community_service.domain.discovery import DISCOVERABLE
from community_service.domain.people import Person
from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden, NotFound


@dataclass(frozen=True, slots=True)
class Guild:
    """A guild without its roles, channels and members."""

    id: int
    name: str
    owner_id: int
    icon: str | None = None
    banner: str | None = None
    description: str | None = None
    system_channel_id: int | None = None
    system_channel_flags: int = 0
    afk_channel_id: int | None = None
    afk_timeout: int = 300
    rules_channel_id: int | None = None
    public_updates_channel_id: int | None = None
    verification_level: int = 0
    default_message_notifications: int = 0
    explicit_content_filter: int = 0
    preferred_locale: str = "en-US"
    features: tuple[str, ...] = ()
    splash: str | None = None
    discovery_splash: str | None = None
    mfa_level: int = 0
    """1: who governs needs a second factor."""


CHANNEL_REFERENCES = (
    "system_channel_id",
    "afk_channel_id",
    "rules_channel_id",
    "public_updates_channel_id",
)
"""Fields that name a channel of the guild, and lose it when it goes."""

_RESET = {field.name: field.default for field in fields(Guild) if field.default is not MISSING}


KEPT_ON_NULL = frozenset({"name", "features", "owner_id"})

TOGGLES = frozenset({"COMMUNITY", DISCOVERABLE})
"""Features that an administrator turns on and off."""


def settled(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes with what they mean: a null resets a setting, not what each must have."""
    return {
        field: _RESET.get(field) if value is None else value
        for field, value in changes.items()
        if value is not None or field not in KEPT_ON_NULL
    }


def toggled(guild: Guild, asked: Iterable[str | None]) -> tuple[str, ...]:
    """Its features after somebody asked for these; what nobody can turn stays as it is."""
    fixed = [feature for feature in guild.features if feature not in TOGGLES]
    return (*fixed, *sorted(TOGGLES.intersection(asked)))


def can_transfer(guild: Guild, user_id: int, heir: Person | None) -> DomainError | None:
    """Only the owner hands a guild on, and only to a person who is in it."""
    if guild.owner_id != user_id:
        return Forbidden()
    if heir is None:
        return NotFound(ErrorCode.UNKNOWN_MEMBER)
    return Forbidden(ErrorCode.BOTS_NOT_ALLOWED) if heir.is_bot else None


def can_be_in_one_more(count: int) -> DomainError | None:
    """Whether somebody who would now be in `count` guilds may."""
    return Conflict(ErrorCode.MAX_GUILDS) if count > limits.GUILDS_PER_USER else None


def can_delete(guild: Guild, user_id: int) -> DomainError | None:
    """Only the owner ends a guild, whatever others are permitted."""
    return None if guild.owner_id == user_id else Forbidden()
