"""Roles of a guild."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.permissions import EVERYONE_DEFAULT, EVERYTHING, NONE, Permission

EVERYONE = "@everyone"
ROLES_PER_GUILD = 250


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

    @property
    def is_managed(self) -> bool:
        """Whether people can neither give nor delete it."""
        return self.bot_id is not None


def everyone(guild_id: int) -> Role:
    """The role that everybody holds without being given it."""
    return Role(guild_id, guild_id, EVERYONE, int(EVERYONE_DEFAULT), 0)


def of_bot(role_id: int, guild_id: int, bot_id: int, *, name: str, permissions: int) -> Role:
    """The role that a bot brings along."""
    return Role(role_id, guild_id, name, permissions, 1, bot_id=bot_id)


def grantable(asked: int, installer: Permission) -> Permission:
    """Of the permissions that a bot asks for, those that its installer can hand on."""
    return Permission(asked & EVERYTHING) & installer if asked else NONE
