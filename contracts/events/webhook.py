"""Webhooks of a channel come, change and go. Clients are told where, and ask."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, GuildId, WebhookId
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


class WebhookChanged(Event):
    """Inside the house: this webhook is called otherwise, posts elsewhere, or is no more."""

    webhook_id: WebhookId
    is_gone: bool = False

    def address(self) -> topics.Topic:
        """With the faces: chat_service keeps copies of what a webhook looks like."""
        return topics.FACES

    def addresses(self) -> tuple[topics.Topic, ...]:
        """The end of one is also the end of an identity, which every edge hears."""
        return (*super().addresses(), *((topics.IDENTITY,) if self.is_gone else ()))

    def route(self) -> Route:
        """By webhook, as people by theirs."""
        return Route(user_id=self.webhook_id)
