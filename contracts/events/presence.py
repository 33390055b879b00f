"""Presence changes, in each guild of the person."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.intents import Intent
from contracts.objects.presence import Presence


class PresenceUpdate(Event, Presence):
    """Somebody comes, goes, or changes status."""

    dispatch = "PRESENCE_UPDATE"
    intent = Intent.GUILD_PRESENCES

    def address(self) -> topics.Topic:
        """The guild's; without a guild, the person's own (other devices)."""
        return topics.guild(self.guild_id) if self.guild_id else topics.user(self.user.id)

    def route(self) -> Route:
        """By guild and person."""
        return Route(guild_id=self.guild_id, user_id=self.user.id)
