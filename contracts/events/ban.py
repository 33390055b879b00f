"""People are shut out of a guild, and let in again."""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import GuildId, UserId
from contracts.intents import Intent
from contracts.objects.user import User
from contracts.wire import Timestamp, Wire


class _BanEvent(Wire):
    guild_id: GuildId
    user: User

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild and by whom it is about."""
        return Route(guild_id=self.guild_id, user_id=self.user.id)


class GuildBanAdd(_BanEvent, Event):
    """Somebody was banned. A MemberRemove follows if it was a member."""

    dispatch = "GUILD_BAN_ADD"
    intent = Intent.GUILD_MODERATION


class GuildBanRemove(_BanEvent, Event):
    """A ban was lifted."""

    dispatch = "GUILD_BAN_REMOVE"
    intent = Intent.GUILD_MODERATION


class MessagesUnwanted(Event):
    """Inside the house: what this user wrote in the guild since then is to go."""

    is_fact: ClassVar[bool] = True
    is_news: ClassVar[bool] = True

    guild_id: GuildId
    user_id: UserId
    since: Timestamp

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild and author."""
        return Route(guild_id=self.guild_id, user_id=self.user_id)
