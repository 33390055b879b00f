"""Roles of a guild: what one is, how they are ordered, and which changes somebody may make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from community_service.domain import hierarchy
from community_service.domain.hierarchy import Rank
from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden, NotFound
from contracts.permissions import EVERYONE_DEFAULT, EVERYTHING, NONE, Permission

EVERYONE = "@everyone"
UNNAMED = "new role"

_WHEN_NULL: Mapping[str, Any] = {"color": 0, "hoist": False, "mentionable": False}
_KEPT_WHEN_NULL = frozenset({"name", "permissions"})


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions. The one with the guild's id is everybody's."""

    id: int
    guild_id: int
    name: str
    permissions: int
    position: int
    color: int = 0
    hoist: bool = False
    mentionable: bool = False
    bot_id: int | None = None
    """The bot it belongs to: it comes and goes with that bot."""
    secondary_color: int | None = None
    tertiary_color: int | None = None
    icon: str | None = None
    unicode_emoji: str | None = None

    @property
    def is_managed(self) -> bool:
        """Whether people can neither give nor delete it."""
        return self.bot_id is not None

    @property
    def is_everyones(self) -> bool:
        """Whether it is @everyone."""
        return self.id == self.guild_id

    @property
    def rank(self) -> Rank:
        """How high it stands."""
        return hierarchy.of_role(self.id, self.position, self.guild_id)


def everyone(guild_id: int) -> Role:
    """The role that everybody holds without being given it."""
    return Role(guild_id, guild_id, EVERYONE, int(EVERYONE_DEFAULT), 0)


def of_bot(role_id: int, guild_id: int, bot_id: int, *, name: str, permissions: int) -> Role:
    """The role that a bot brings along."""
    return Role(role_id, guild_id, name, permissions, 1, bot_id=bot_id)


def grantable(asked: int, installer: Permission) -> Permission:
    """Of the permissions that a bot asks for, those that its installer can hand on."""
    return Permission(asked & EVERYTHING) & installer if asked else NONE


def made(role_id: int, guild_id: int, everyones: int, wanted: Mapping[str, Any]) -> Role:
    """A new role, the lowest but @everyone's. Without permissions of its own it repeats those."""
    blank = Role(role_id, guild_id, UNNAMED, everyones, 1)
    return edited(blank, wanted)


def edited(role: Role, changes: Mapping[str, Any]) -> Role:
    """The role after an edit. A null resets a field, where it can be reset; bits without a name
    are dropped.
    """
    wanted: dict[str, Any] = {
        field: _WHEN_NULL.get(field) if value is None else value
        for field, value in changes.items()
        if value is not None or field not in _KEPT_WHEN_NULL
    }
    if "permissions" in wanted:
        wanted["permissions"] &= int(EVERYTHING)
    return replace(role, **wanted)


def can_add(count: int) -> DomainError | None:
    """Whether a guild of `count` roles takes one more."""
    return Conflict(ErrorCode.MAX_ROLES) if count >= limits.ROLES_PER_GUILD else None


def can_hand_on(granted: Permission, before: int, after: int) -> DomainError | None:
    """Nobody gives or takes away what they do not hold themselves."""
    return Forbidden() if (before ^ after) & ~int(granted) else None


def can_become(before: Role, after: Role) -> DomainError | None:
    """Of everybody's role only the permissions change."""
    if before.is_everyones and after != replace(before, permissions=after.permissions):
        return Conflict(ErrorCode.INVALID_ROLE)
    return None


def can_remove(role: Role) -> DomainError | None:
    """Everybody's role stays with the guild, and a bot's with the bot."""
    if role.is_everyones or role.is_managed:
        return Conflict(ErrorCode.INVALID_ROLE)
    return None


def can_pass(rank: Rank, roles: Iterable[Role]) -> DomainError | None:
    """Whether somebody may let members hold these roles, or hold them no more."""
    for role in roles:
        if role.is_everyones:
            return Conflict(ErrorCode.INVALID_ROLE)
        if role.is_managed:
            return Forbidden()
    return hierarchy.can_act_on(rank, *(role.rank for role in roles))


def reordered(roles: Sequence[Role], places: Mapping[int, int]) -> list[Role]:
    """All roles from the lowest, each named one at the position asked for, the others around them
    in their order. Afterwards positions have neither gaps nor ties.
    """
    ladder = sorted(roles, key=lambda role: role.rank)
    staying = [role for role in ladder if role.is_everyones or role.id not in places]
    moving = [role for role in reversed(ladder) if not role.is_everyones and role.id in places]
    for role in sorted(moving, key=lambda role: places[role.id]):
        # Of two that want one place the higher goes first, and is pushed up by the lower.
        staying.insert(max(1, places[role.id]), role)
    return [replace(role, position=place) for place, role in enumerate(staying)]


def can_reorder(rank: Rank, before: Sequence[Role], after: Sequence[Role]) -> DomainError | None:
    """Whether somebody may: what is not below them keeps its place, and nothing rises to it."""
    ladder = sorted(before, key=lambda role: role.rank)
    kept = [role.id for role in ladder if not rank > role.rank and not role.is_everyones]
    top = [role.id for role in after[len(after) - len(kept) :]]
    return None if kept == top else Forbidden()


def to_tell(before: Sequence[Role], after: Sequence[Role]) -> list[Role]:
    """Those whose position clients may not know. While there are gaps or ties, which making and
    deleting roles leave, libraries number them differently: then it is all of them.
    """
    old = {role.id: role.position for role in before}
    is_dense = sorted(old.values()) == list(range(len(old)))
    others = (role for role in after if not role.is_everyones)
    return [role for role in others if not is_dense or old[role.id] != role.position]


def known(found: Sequence[Role], wanted: Iterable[int]) -> DomainError | None:
    """Whether all that were asked for are roles of the guild."""
    missing = set(wanted) - {role.id for role in found}
    return NotFound(ErrorCode.UNKNOWN_ROLE) if missing else None
