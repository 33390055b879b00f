"""Invites of a guild."""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, GuildId
from contracts.intents import Intent
from contracts.objects.user import User
from contracts.permissions import Permission
from contracts.wire import Timestamp


class InviteCreate(Event):
    """An invite was made."""

    dispatch = "INVITE_CREATE"
    intent = Intent.GUILD_INVITES
    needs = Permission.MANAGE_CHANNELS
    omit: ClassVar[frozenset[str]] = frozenset({"inviter"})

    guild_id: GuildId
    channel_id: ChannelId
    code: str
    created_at: Timestamp
    expires_at: Timestamp | None = None
    inviter: User | None = None
    max_age: int
    max_uses: int
    temporary: bool = False
    uses: int = 0
    type: int = 0

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By channel."""
        return Route(guild_id=self.guild_id, channel_id=self.channel_id)


class InviteDelete(Event):
    """An invite was revoked."""

    dispatch = "INVITE_DELETE"
    intent = Intent.GUILD_INVITES
    needs = Permission.MANAGE_CHANNELS

    guild_id: GuildId
    channel_id: ChannelId
    code: str

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By channel."""
        return Route(guild_id=self.guild_id, channel_id=self.channel_id)
