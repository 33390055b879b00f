"""Threads: conversations that hang from a channel of a guild, forum posts among them."""

from __future__ import annotations

from enum import IntFlag
from typing import ClassVar

from contracts.ids import ChannelId, GuildId, MessageId, Snowflake, UserId
from contracts.objects.channel import ChannelType
from contracts.objects.member import Member
from contracts.wire import JSON, Timestamp, Wire


class ThreadFlag(IntFlag):
    """What is said of a thread beside its state."""

    PINNED = 1 << 1
    """At the top of its forum."""


class ThreadMetadata(Wire):
    """The state of a thread."""

    omit: ClassVar[frozenset[str]] = frozenset({"invitable"})

    archived: bool
    archive_timestamp: Timestamp
    """When it was archived or unarchived last, or made."""
    auto_archive_duration: int
    """Minutes without a message until it is archived."""
    locked: bool
    create_timestamp: Timestamp
    invitable: bool | None = None
    """Of a private one: whether its members may add others."""


class ThreadMember(Wire):
    """Somebody in a thread."""

    omit: ClassVar[frozenset[str]] = frozenset({"member", "muted", "mute_config"})

    id: ChannelId
    user_id: UserId
    join_timestamp: Timestamp
    flags: int = 0
    muted: bool | None = None
    mute_config: JSON | None = None
    """How oneself is notified; others are not told."""
    member: Member | None = None
    """Who it is, where that was asked for."""


class Thread(Wire):
    """A thread as everybody who may see it sees it."""

    omit: ClassVar[frozenset[str]] = frozenset({"member", "accepted_answer_id"})

    id: ChannelId
    type: ChannelType
    guild_id: GuildId
    parent_id: ChannelId
    owner_id: UserId
    name: str
    last_message_id: MessageId | None = None
    rate_limit_per_user: int = 0
    flags: int = 0
    thread_metadata: ThreadMetadata
    message_count: int = 0
    """Without the first message and what was deleted."""
    total_message_sent: int = 0
    """With what was deleted."""
    member_count: int = 0
    applied_tags: tuple[Snowflake, ...] = ()
    accepted_answer_id: MessageId | None = None
    """Ours: the message that answers the question of this post."""
    member: ThreadMember | None = None
    """Oneself in it, where it is told to one person."""
