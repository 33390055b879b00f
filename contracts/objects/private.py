"""Conversations outside of guilds: between two people, or in a small group."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import ChannelId, MessageId, UserId
from contracts.objects.channel import ChannelType
from contracts.objects.user import User
from contracts.wire import Timestamp, Wire


class PrivateChannel(Wire):
    """A conversation as one of those in it sees it: the recipients are the others."""

    omit: ClassVar[frozenset[str]] = frozenset({"owner_id"})

    id: ChannelId
    type: ChannelType
    last_message_id: MessageId | None = None
    last_pin_timestamp: Timestamp | None = None
    flags: int = 0
    recipients: tuple[User, ...] = ()
    owner_id: UserId | None = None
    """Of a group."""
    name: str | None = None
    icon: str | None = None
    is_message_request: bool = False
    """Opened by somebody who is no friend, and not answered yet."""
