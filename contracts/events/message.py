"""Messages appear."""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import GuildId
from contracts.intents import Intent
from contracts.objects.member import MemberFace
from contracts.objects.message import Message
from contracts.permissions import Permission


class MessageCreate(Event, Message):
    """A message was stored."""

    dispatch = "MESSAGE_CREATE"
    intent = Intent.GUILD_MESSAGES | Intent.DIRECT_MESSAGES
    needs = Permission.VIEW_CHANNEL
    has_content = True
    omit: ClassVar[frozenset[str]] = Message.omit | {"guild_id", "member"}

    guild_id: GuildId | None = None
    member: MemberFace | None = None

    def address(self) -> topics.Topic:
        """Guild messages on the guild's topic, direct ones on their channel's."""
        return topics.guild(self.guild_id) if self.guild_id else topics.channel(self.channel_id)

    def route(self) -> Route:
        """By channel; authors and mentioned users see content whatever their intents."""
        return Route(
            guild_id=self.guild_id,
            channel_id=self.channel_id,
            author_id=self.author.id,
            mentions=tuple(user.id for user in self.mentions),
        )
