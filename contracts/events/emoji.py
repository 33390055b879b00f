"""Custom emojis of a guild change: everybody is told all of them."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import GuildId
from contracts.intents import Intent
from contracts.objects.emoji import Emoji


class GuildEmojisUpdate(Event):
    """An emoji was made, edited or deleted."""

    dispatch = "GUILD_EMOJIS_UPDATE"
    intent = Intent.GUILD_EXPRESSIONS

    guild_id: GuildId
    emojis: tuple[Emoji, ...]

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild."""
        return Route(guild_id=self.guild_id)
