"""A guild itself changes, and people come to see it or lose sight of it."""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, GuildId, UserId
from contracts.intents import Intent
from contracts.objects.guild import Guild


class GuildUpdate(Event, Guild):
    """Name, icon, settings."""

    dispatch = "GUILD_UPDATE"
    intent = Intent.GUILDS
    is_fact = True

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.id)

    def route(self) -> Route:
        """By guild."""
        return Route(guild_id=self.id)


class GuildJoined(Event):
    """Inside the house: this user is a member from now on. The edge answers with a GUILD_CREATE of
    its own.
    """

    user_id: UserId
    guild_id: GuildId

    def address(self) -> topics.Topic:
        """The user's own."""
        return topics.user(self.user_id)

    def route(self) -> Route:
        """By user and guild."""
        return Route(guild_id=self.guild_id, user_id=self.user_id)


class GuildLeft(Event):
    """This user is no longer a member (left, kicked, banned), or the guild is gone. `d` is
    Discord's: id, no `unavailable`.
    """

    dispatch = "GUILD_DELETE"
    intent: ClassVar[Intent] = Intent.GUILDS

    id: GuildId
    user_id: UserId

    def address(self) -> topics.Topic:
        """The user's own."""
        return topics.user(self.user_id)

    def route(self) -> Route:
        """By user and guild."""
        return Route(guild_id=self.id, user_id=self.user_id)


class GuildDeleted(Event):
    """Inside the house: the guild is gone; whoever keeps a copy of its facts lets it go."""

    is_fact = True
    is_news = True

    guild_id: GuildId
    channel_ids: tuple[ChannelId, ...] = ()
    """What went with it."""

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild."""
        return Route(guild_id=self.guild_id)
