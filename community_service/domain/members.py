"""Members of a guild: what they are, and which changes of them somebody may make."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from community_service.domain.guilds import Guild
from community_service.domain.people import Person
from contracts import limits
from contracts.errors import Conflict, DomainError, Forbidden, Invalid
from contracts.permissions import NONE, Permission, holds

MEMBERSHIPS = 10_000
"""Of one bot: beyond this its sessions must be sharded anyway."""

EDITABLE_FLAGS = 1 << 2
"""Of a member's flags, those that people set: to pass by the verification level."""

_NEEDED: Mapping[str, Permission] = {
    "nick": Permission.MANAGE_NICKNAMES,
    "roles": Permission.MANAGE_ROLES,
    "mute": Permission.MUTE_MEMBERS,
    "deaf": Permission.DEAFEN_MEMBERS,
    "channel_id": Permission.MOVE_MEMBERS,
    "timed_out_until": Permission.MODERATE_MEMBERS,
    "flags": Permission.MODERATE_MEMBERS,
}


_LEVEL = frozenset({"roles", "mute", "deaf", "channel_id"})
"""What is done among equals: in voice it is the permission that counts, as with Discord."""


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
    banner: str | None = None
    bio: str = ""
    is_temporary: bool = False
    """Gone when offline, unless given a role."""


def is_passing(member: Member) -> bool:
    """Whether somebody is a member only while here."""
    return member.is_temporary and not member.roles


def can_leave(guild: Guild, user_id: int) -> DomainError | None:
    """The owner hands the guild over or deletes it, but does not walk away from it."""
    if guild.owner_id == user_id:
        return Conflict(message="The owner of a guild can not leave it")
    return None


def needed_for(fields: Iterable[str], *, is_own: bool) -> Permission:
    """What somebody must hold to change these fields of a member."""
    needed = NONE
    for field in fields:
        is_own_nick = is_own and field == "nick"
        needed |= Permission.CHANGE_NICKNAME if is_own_nick else _NEEDED.get(field, NONE)
    return needed


def takes_height(fields: Collection[str], *, is_own: bool) -> bool:
    """Whether these changes can only be made from above. Roles are weighed one by one; nobody
    stands above oneself, and nobody silences oneself.
    """
    return "timed_out_until" in fields if is_own else bool(set(fields) - _LEVEL)


def can_time_out(until: datetime | None, granted: Permission, now: datetime) -> DomainError | None:
    """Whether somebody with these permissions can be silenced for so long."""
    if until is None:
        return None
    if until > now + timedelta(days=limits.TIMEOUT_DAYS):
        message = f"Must be at most {limits.TIMEOUT_DAYS} days from now."
        return Invalid({"communication_disabled_until": ("DATE_TIME_TOO_LATE", message)})
    # It would have no effect: the permission function passes administrators by.
    return Forbidden() if holds(granted, Permission.ADMINISTRATOR) else None


def settled(changes: Mapping[str, Any], member: Member) -> dict[str, Any]:
    """Changes with what they mean: null resets, and only some flags can be set."""
    wanted = dict(changes)
    for field in ("mute", "deaf"):
        if field in wanted:
            wanted[field] = bool(wanted[field])
    if "bio" in wanted:
        wanted["bio"] = wanted["bio"] or ""
    for field in ("nick", "avatar", "banner"):
        if field in wanted:
            wanted[field] = wanted[field] or None
    if "roles" in wanted:
        wanted["roles"] = wanted["roles"] or ()
    if "flags" in wanted:
        asked = (wanted["flags"] or 0) & EDITABLE_FLAGS
        wanted["flags"] = (member.flags & ~EDITABLE_FLAGS) | asked
    return wanted
