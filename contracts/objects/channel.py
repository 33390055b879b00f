"""Channels of a guild."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from contracts.ids import ChannelId, GuildId, MessageId, Snowflake
from contracts.wire import Bits, Wire


class ChannelType(IntEnum):
    """Kinds as Discord numbers them."""

    TEXT = 0
    DM = 1
    VOICE = 2
    GROUP_DM = 3
    CATEGORY = 4
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15
    MEDIA = 16


TALKABLE = frozenset(
    {ChannelType.TEXT, ChannelType.VOICE, ChannelType.ANNOUNCEMENT, ChannelType.STAGE}
)
"""Guild channels that take messages."""

POSTED = frozenset({ChannelType.FORUM, ChannelType.MEDIA})
"""Guild channels that hold nothing but threads."""

THREADED = frozenset({ChannelType.TEXT, ChannelType.ANNOUNCEMENT}) | POSTED
"""Guild channels that threads hang from."""

THREADS = frozenset(
    {ChannelType.ANNOUNCEMENT_THREAD, ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD}
)
"""What hangs from them: kinds that are no channels of a guild's list."""


class OverwriteType(IntEnum):
    """Whom an overwrite is about."""

    ROLE = 0
    MEMBER = 1


class ChannelOverwrite(Wire):
    """What a channel grants and takes for a role or a member."""

    id: Snowflake
    type: OverwriteType
    allow: Bits = 0
    deny: Bits = 0


class ForumTag(Wire):
    """What posts of a forum can be marked with."""

    id: Snowflake
    name: str
    moderated: bool = False
    emoji_id: Snowflake | None = None
    emoji_name: str | None = None


class ReactionEmoji(Wire):
    """What posts of a forum are reacted to with, unless somebody chooses."""

    emoji_id: Snowflake | None = None
    emoji_name: str | None = None


class Channel(Wire):
    """A channel of a guild."""

    omit: ClassVar[frozenset[str]] = frozenset(
        {
            "bitrate",
            "user_limit",
            "video_quality_mode",
            "default_auto_archive_duration",
            "default_thread_rate_limit_per_user",
            "default_forum_layout",
            "default_tag_setting",
            "available_tags",
        }
    )
    unless_given: ClassVar[frozenset[str]] = frozenset(
        {"rtc_region", "default_reaction_emoji", "default_sort_order"}
    )

    id: ChannelId
    type: ChannelType
    guild_id: GuildId
    name: str
    position: int = 0
    parent_id: ChannelId | None = None
    topic: str | None = None
    nsfw: bool = False
    rate_limit_per_user: int = 0
    last_message_id: MessageId | None = None
    permission_overwrites: tuple[ChannelOverwrite, ...] = ()
    flags: int = 0
    bitrate: int | None = None
    user_limit: int | None = None
    rtc_region: str | None = None
    """None: wherever is best."""
    video_quality_mode: int | None = None
    default_auto_archive_duration: int | None = None
    default_thread_rate_limit_per_user: int | None = None
    default_reaction_emoji: ReactionEmoji | None = None
    default_sort_order: int | None = None
    default_forum_layout: int | None = None
    default_tag_setting: str | None = None
    available_tags: tuple[ForumTag, ...] | None = None
