"""Roles of a guild come, change and go."""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import GuildId, RoleId
from contracts.intents import Intent
from contracts.objects.role import Role
from contracts.wire import Wire


class _RoleEvent(Wire):
    is_fact: ClassVar[bool] = True
    guild_id: GuildId

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild."""
        return Route(guild_id=self.guild_id)


class RoleCreate(_RoleEvent, Event):
    """A role was made."""

    dispatch = "GUILD_ROLE_CREATE"
    intent = Intent.GUILDS
    role: Role


class RoleUpdate(_RoleEvent, Event):
    """A role was edited or moved."""

    dispatch = "GUILD_ROLE_UPDATE"
    intent = Intent.GUILDS
    role: Role


class RoleDelete(_RoleEvent, Event):
    """A role is gone, from everybody who held it."""

    dispatch = "GUILD_ROLE_DELETE"
    intent = Intent.GUILDS
    role_id: RoleId
