"""Webhooks: addresses that outside programs post messages to."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from contracts.ids import ApplicationId, ChannelId, GuildId, WebhookId
from contracts.objects.user import User
from contracts.wire import Wire


class WebhookType(IntEnum):
    """Who it posts for."""

    INCOMING = 1
    APPLICATION = 3


class Webhook(Wire):
    """A webhook. Without `user` it is seen by whoever holds only its token."""

    omit: ClassVar[frozenset[str]] = frozenset({"user", "token"})

    id: WebhookId
    type: WebhookType = WebhookType.INCOMING
    guild_id: GuildId
    channel_id: ChannelId
    name: str
    avatar: str | None = None
    application_id: ApplicationId | None = None
    user: User | None = None
    token: str | None = None
