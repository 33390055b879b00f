"""Messages."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import ChannelId, MessageId, RoleId
from contracts.objects.user import User
from contracts.wire import JSON, Timestamp, Wire


class Message(Wire):
    """A message as REST answers it. Lists and flags are never null."""

    omit: ClassVar[frozenset[str]] = frozenset({"nonce", "message_reference"})

    id: MessageId
    channel_id: ChannelId
    author: User
    content: str
    timestamp: Timestamp
    edited_timestamp: Timestamp | None = None
    tts: bool = False
    mention_everyone: bool = False
    mentions: tuple[User, ...] = ()
    mention_roles: tuple[RoleId, ...] = ()
    attachments: tuple[JSON, ...] = ()
    embeds: tuple[JSON, ...] = ()
    components: tuple[JSON, ...] = ()
    pinned: bool = False
    type: int = 0
    flags: int = 0
    nonce: str | int | None = None
    message_reference: JSON | None = None
