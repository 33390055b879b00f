"""Custom emojis: their names, how many there can be, and who manages which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from community_service.domain.people import Person
from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden
from contracts.permissions import Permission, holds


@dataclass(frozen=True, slots=True)
class Emoji:
    """A picture with a name."""

    id: int
    guild_id: int
    name: str
    is_animated: bool
    creator_id: int
    roles: tuple[int, ...] = ()
    creator: Person | None = None


def can_add(present: Sequence[Emoji], *, is_animated: bool) -> DomainError | None:
    """Whether there is room; those that move are counted apart."""
    alike = sum(emoji.is_animated is is_animated for emoji in present)
    if alike < limits.EMOJIS_PER_GUILD:
        return None
    full = ErrorCode.MAX_ANIMATED_EMOJIS if is_animated else ErrorCode.MAX_EMOJIS
    return Conflict(full)


def can_manage(emoji: Emoji, user_id: int, granted: Permission) -> DomainError | None:
    """Those who manage all, and whoever made it while they may still make others."""
    if holds(granted, Permission.MANAGE_GUILD_EXPRESSIONS):
        return None
    is_own = emoji.creator_id == user_id and holds(granted, Permission.CREATE_GUILD_EXPRESSIONS)
    return None if is_own else Forbidden()


def can_see_makers(granted: Permission) -> bool:
    """Who made an emoji is shown to those who make or manage them."""
    either = Permission.MANAGE_GUILD_EXPRESSIONS | Permission.CREATE_GUILD_EXPRESSIONS
    return bool(granted & either)
