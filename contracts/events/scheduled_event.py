"""Scheduled events of guilds come, change and go; people become interested and cease to be. One in
a channel is told to those who see the channel.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.intents import Intent
from contracts.objects.scheduled_event import ScheduledEvent
from contracts.permissions import Permission
from contracts.wire import Wire


class _ScheduledEvent(ScheduledEvent):
    intent: ClassVar[Intent] = Intent.GUILD_SCHEDULED_EVENTS
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By its channel, if it has one."""
        return Route(guild_id=self.guild_id, channel_id=self.channel_id)


class ScheduledEventCreate(_ScheduledEvent, Event):
    """An event is planned."""

    dispatch = "GUILD_SCHEDULED_EVENT_CREATE"


class ScheduledEventUpdate(_ScheduledEvent, Event):
    """An event was edited, begins, or is over."""

    dispatch = "GUILD_SCHEDULED_EVENT_UPDATE"


class ScheduledEventDelete(_ScheduledEvent, Event):
    """An event will not be."""

    dispatch = "GUILD_SCHEDULED_EVENT_DELETE"


class _Interest(Wire):
    intent: ClassVar[Intent] = Intent.GUILD_SCHEDULED_EVENTS
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL

    guild_scheduled_event_id: Snowflake
    user_id: UserId
    guild_id: GuildId
    channel_id: ChannelId | None = Field(None, exclude=True)
    """By which it is decided who hears of it; no part of what they hear."""
    response: int = 1

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By the channel of the event, if it has one."""
        return Route(guild_id=self.guild_id, channel_id=self.channel_id, user_id=self.user_id)


class ScheduledEventUserAdd(_Interest, Event):
    """Somebody is interested."""

    dispatch = "GUILD_SCHEDULED_EVENT_USER_ADD"


class ScheduledEventUserRemove(_Interest, Event):
    """Somebody is interested no longer."""

    dispatch = "GUILD_SCHEDULED_EVENT_USER_REMOVE"
