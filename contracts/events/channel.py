"""Channels of a guild come, change and go."""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.intents import Intent
from contracts.objects.channel import Channel
from contracts.permissions import Permission


class _ChannelEvent(Channel):
    is_fact: ClassVar[bool] = True
    intent: ClassVar[Intent] = Intent.GUILDS
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By channel."""
        return Route(guild_id=self.guild_id, channel_id=self.id)


class ChannelCreate(_ChannelEvent, Event):
    """A channel was made."""

    dispatch = "CHANNEL_CREATE"


class ChannelUpdate(_ChannelEvent, Event):
    """A channel was edited, moved, or its overwrites changed."""

    dispatch = "CHANNEL_UPDATE"


class ChannelDelete(_ChannelEvent, Event):
    """A channel is gone."""

    dispatch = "CHANNEL_DELETE"
    is_news = True
