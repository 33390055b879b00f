"""Webhooks of a channel come, change and go. Clients are told where, and ask."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, GuildId
from contracts.intents import Intent
from contracts.permissions import Permission


class WebhooksUpdate(Event):
    """The webhooks of this channel are no longer what they were."""

    dispatch = "WEBHOOKS_UPDATE"
    intent = Intent.GUILD_WEBHOOKS
    needs = Permission.MANAGE_WEBHOOKS

    guild_id: GuildId
    channel_id: ChannelId

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By channel."""
        return Route(guild_id=self.guild_id, channel_id=self.channel_id)
