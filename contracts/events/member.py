"""Members of a guild come, change and go, as the others see it."""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import GuildId
from contracts.intents import Intent
from contracts.objects.member import Member
from contracts.objects.user import User
from contracts.wire import Wire


class _MemberEvent(Wire):
    is_fact: ClassVar[bool] = True
    guild_id: GuildId
    user: User

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild and member."""
        return Route(guild_id=self.guild_id, user_id=self.user.id)


class MemberAdd(_MemberEvent, Member, Event):
    """Somebody joined."""

    dispatch = "GUILD_MEMBER_ADD"
    is_news = True
    intent = Intent.GUILD_MEMBERS


class MemberUpdate(_MemberEvent, Member, Event):
    """Roles, nickname, avatar, timeout."""

    dispatch = "GUILD_MEMBER_UPDATE"
    intent = Intent.GUILD_MEMBERS


class MemberRemove(_MemberEvent, Event):
    """Somebody left or was removed."""

    dispatch = "GUILD_MEMBER_REMOVE"
    is_news = True
    intent = Intent.GUILD_MEMBERS
