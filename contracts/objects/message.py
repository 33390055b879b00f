"""Messages."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import ApplicationId, ChannelId, MessageId, RoleId, Snowflake
from contracts.objects.attachment import Attachment
from contracts.objects.check_in import CheckIn
from contracts.objects.poll import Poll
from contracts.objects.reaction import Reaction
from contracts.objects.thread import Thread
from contracts.objects.user import Signed, User
from contracts.wire import JSON, Timestamp, Wire


class Message(Wire):
    """A message as REST answers it. Lists and flags are never null."""

    omit: ClassVar[frozenset[str]] = frozenset(
        {
            "nonce",
            "message_reference",
            "message_snapshots",
            "mention_channels",
            "reactions",
            "webhook_id",
            "application_id",
            "interaction_metadata",
            "interaction",
            "thread",
            "call",
            "poll",
            "check_in",
        }
    )
    unless_given: ClassVar[frozenset[str]] = frozenset({"referenced_message"})

    id: MessageId
    channel_id: ChannelId
    author: Signed | User
    content: str
    timestamp: Timestamp
    edited_timestamp: Timestamp | None = None
    tts: bool = False
    mention_everyone: bool = False
    mentions: tuple[User, ...] = ()
    mention_roles: tuple[RoleId, ...] = ()
    mention_channels: tuple[JSON, ...] | None = None
    attachments: tuple[Attachment, ...] = ()
    embeds: tuple[JSON, ...] = ()
    components: tuple[JSON, ...] = ()
    poll: Poll | None = None
    check_in: CheckIn | None = None
    reactions: tuple[Reaction, ...] | None = None
    pinned: bool = False
    type: int = 0
    flags: int = 0
    nonce: str | int | None = None
    webhook_id: Snowflake | None = None
    application_id: ApplicationId | None = None
    interaction_metadata: JSON | None = None
    interaction: JSON | None = None
    """The same as older libraries read it."""
    call: JSON | None = None
    """Of a message that tells of a call: who took part, and when it ended."""
    message_reference: JSON | None = None
    referenced_message: JSON | None = None
    """Null says that it is no more; without a reference there is none to speak of."""
    thread: Thread | None = None
    """The one that began at it."""
    message_snapshots: tuple[JSON, ...] | None = None
