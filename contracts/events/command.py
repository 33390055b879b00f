"""What applications offer in a guild changes, and who may use it."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import GuildId
from contracts.intents import Intent
from contracts.objects.command import CommandPermissions


class CommandPermissionsUpdate(Event, CommandPermissions):
    """Somebody governs who may use a command."""

    dispatch = "APPLICATION_COMMAND_PERMISSIONS_UPDATE"

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild."""
        return Route(guild_id=self.guild_id)


class CommandIndexUpdate(Event):
    """An application offers other commands in this guild than before: clients ask anew."""

    dispatch = "GUILD_APPLICATION_COMMAND_INDEX_UPDATE"
    intent = Intent.GUILD_INTEGRATIONS

    guild_id: GuildId

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild."""
        return Route(guild_id=self.guild_id)
