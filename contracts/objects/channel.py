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
    STAGE = 13
    FORUM = 15


TALKABLE = frozenset(
    {ChannelType.TEXT, ChannelType.VOICE, ChannelType.ANNOUNCEMENT, ChannelType.STAGE}
)
"""Guild channels that take messages."""


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


class Channel(Wire):
    """A channel of a guild."""

    omit: ClassVar[frozenset[str]] = frozenset({"bitrate", "user_limit", "rtc_region"})

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
