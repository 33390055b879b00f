"""Channels of a guild: what each kind has, how one is made and edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Invalid, NotFound
from contracts.objects.channel import ChannelOverwrite, ChannelType
from contracts.wire import JSON

DEFAULT_BITRATE = 64_000

MAKEABLE = frozenset(ChannelType) - {ChannelType.DM, ChannelType.GROUP_DM}
"""Kinds that a guild can have."""

AUDIBLE = frozenset({ChannelType.VOICE, ChannelType.STAGE})
"""Kinds that have a bitrate and a user limit."""

_NAMED_LIKE_LINKS = frozenset({ChannelType.TEXT, ChannelType.ANNOUNCEMENT, ChannelType.FORUM})

_WHEN_NULL: Mapping[str, object] = {
    "nsfw": False,
    "rate_limit_per_user": 0,
    "user_limit": 0,
    "bitrate": DEFAULT_BITRATE,
}
_KEPT_WHEN_NULL = frozenset({"name", "position"})
_ONLY_AUDIBLE = frozenset({"bitrate", "user_limit"})


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel with its overwrites."""

    id: int
    guild_id: int
    type: ChannelType
    name: str
    position: int
    parent_id: int | None = None
    topic: str | None = None
    nsfw: bool = False
    rate_limit_per_user: int = 0
    bitrate: int | None = None
    user_limit: int | None = None
    rtc_region: str | None = None
    video_quality_mode: int | None = None
    default_auto_archive_duration: int | None = None
    default_thread_rate_limit_per_user: int | None = None
    default_reaction_emoji: JSON | None = None
    default_sort_order: int | None = None
    default_forum_layout: int | None = None
    available_tags: list[JSON] | None = None
    flags: int = 0
    overwrites: tuple[ChannelOverwrite, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelDraft:
    """A channel as somebody wants it."""

    type: ChannelType
    name: str
    parent_id: int | None = None
    position: int | None = None
    topic: str | None = None
    nsfw: bool = False
    rate_limit_per_user: int = 0
    bitrate: int | None = None
    user_limit: int | None = None
    overwrites: tuple[ChannelOverwrite, ...] | None = None
    """None: those of the category."""

    def made(
        self, channel_id: int, guild_id: int, last: int, inherited: tuple[ChannelOverwrite, ...]
    ) -> Channel:
        """The channel; `last` is its position when none was asked for."""
        is_audible = self.type in AUDIBLE
        return Channel(
            channel_id,
            guild_id,
            self.type,
            named(self.type, self.name),
            last if self.position is None else self.position,
            parent_id=self.parent_id,
            topic=self.topic,
            nsfw=self.nsfw,
            rate_limit_per_user=self.rate_limit_per_user,
            bitrate=(self.bitrate or DEFAULT_BITRATE) if is_audible else None,
            user_limit=(self.user_limit or 0) if is_audible else None,
            overwrites=inherited if self.overwrites is None else self.overwrites,
        )


def named(kind: ChannelType, name: str) -> str:
    """Channels that are written in are named in lower case without spaces, like links."""
    return "-".join(name.lower().split()) if kind in _NAMED_LIKE_LINKS else name


def edited(channel: Channel, changes: Mapping[str, Any]) -> Channel:
    """The channel after an edit. A null resets a field, where it can be reset."""
    wanted: dict[str, Any] = {}
    for field, value in changes.items():
        if value is None and field in _KEPT_WHEN_NULL:
            continue
        if field in _ONLY_AUDIBLE and channel.type not in AUDIBLE:
            continue
        wanted[field] = _WHEN_NULL.get(field) if value is None else value
    if "name" in wanted:
        wanted["name"] = named(channel.type, wanted["name"])
    return replace(channel, **wanted)


def can_hold(kind: ChannelType, parent: Channel | None, guild_id: int) -> DomainError | None:
    """Whether `parent` can be the category of such a channel. A foreign channel does not exist
    here.
    """
    if parent is None or parent.guild_id != guild_id or parent.type is not ChannelType.CATEGORY:
        return Invalid({"parent_id": ("CHANNEL_PARENT_INVALID", "Category does not exist")})
    if kind is ChannelType.CATEGORY:
        return Invalid(
            {"parent_id": ("CHANNEL_PARENT_INVALID_TYPE", "Categories can not have a category")}
        )
    return None


def can_add(count: int) -> DomainError | None:
    """Whether a guild of `count` channels takes one more."""
    return Conflict(ErrorCode.MAX_CHANNELS) if count >= limits.CHANNELS_PER_GUILD else None


def can_make(draft: ChannelDraft) -> DomainError | None:
    """Whether a guild can have a channel of this kind."""
    if draft.type not in MAKEABLE:
        return Invalid({"type": ("BASE_TYPE_CHOICES", "Not a kind of channel a guild can have")})
    return None


def can_be_referred_to(field: str, channel_id: int, own: set[int]) -> DomainError | None:
    """Whether a guild may name this channel in `field`: it is one of its own."""
    return None if channel_id in own else NotFound(ErrorCode.UNKNOWN_CHANNEL, f"Unknown {field}")
