"""Channels of a guild: what each kind has, how one is made and edited."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Invalid, NotFound
from contracts.objects.channel import POSTED, THREADS, ChannelOverwrite, ChannelType
from contracts.wire import JSON

DEFAULT_BITRATE = 64_000

MAKEABLE = frozenset(ChannelType) - {ChannelType.DM, ChannelType.GROUP_DM} - THREADS
"""Kinds that a guild can have."""

AUDIBLE = frozenset({ChannelType.VOICE, ChannelType.STAGE})
"""Kinds that one hears and sees people in."""

_TEXTS = frozenset({ChannelType.TEXT, ChannelType.ANNOUNCEMENT})
_THREADED = _TEXTS | POSTED
_CONVERTIBLE = _TEXTS
_POST_FLAGS = 1 << 4 | 1 << 15
"""A post needs a tag; media can not be downloaded."""

_OF_KINDS: Mapping[str, frozenset[ChannelType]] = {
    "topic": _THREADED,
    "parent_id": MAKEABLE - {ChannelType.CATEGORY},
    "bitrate": AUDIBLE,
    "user_limit": AUDIBLE,
    "rtc_region": AUDIBLE,
    "video_quality_mode": AUDIBLE,
    "default_auto_archive_duration": _THREADED,
    "default_thread_rate_limit_per_user": _THREADED,
    "default_reaction_emoji": POSTED,
    "default_sort_order": POSTED,
    "default_forum_layout": POSTED,
    "default_tag_setting": POSTED,
    "available_tags": POSTED,
    "flags": POSTED,
}
"""Fields that only some kinds have; in an edit of another kind they are passed over."""

_AT_FIRST: Mapping[str, Any] = {
    "bitrate": DEFAULT_BITRATE,
    "user_limit": 0,
    "video_quality_mode": 1,
    "default_forum_layout": 0,
    "default_tag_setting": "match_some",
    "available_tags": [],
    "flags": 0,
}
_WHEN_NULL: Mapping[str, Any] = {"nsfw": False, "rate_limit_per_user": 0, **_AT_FIRST}
_KEPT_WHEN_NULL = frozenset({"name", "position", "type"})


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel with its overwrites. What its kind does not have is None."""

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
    default_tag_setting: str | None = None
    available_tags: list[JSON] | None = None
    flags: int = 0
    overwrites: tuple[ChannelOverwrite, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelDraft:
    """A channel as somebody wants it."""

    type: ChannelType
    name: str
    parent_id: int | None = None
    overwrites: tuple[ChannelOverwrite, ...] | None = None
    """None: those of the category."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Other fields, as an edit names them."""

    def made(
        self, channel_id: int, guild_id: int, last: int, inherited: tuple[ChannelOverwrite, ...]
    ) -> Channel:
        """The channel; `last` is its position when none was asked for."""
        first = {name: value for name, value in _AT_FIRST.items() if has(self.type, name)}
        blank = Channel(
            channel_id,
            guild_id,
            self.type,
            named(self.type, self.name),
            last,
            parent_id=self.parent_id,
            overwrites=inherited if self.overwrites is None else self.overwrites,
            **first,
        )
        return edited(blank, self.more)


def has(kind: ChannelType, name: str) -> bool:
    """Whether channels of this kind have such a field."""
    return name not in _OF_KINDS or kind in _OF_KINDS[name]


def named(kind: ChannelType, name: str) -> str:
    """Channels that are written in are named in lower case without spaces, like links."""
    return "-".join(name.lower().split()) if kind in _THREADED else name


def edited(channel: Channel, changes: Mapping[str, Any]) -> Channel:
    """The channel after an edit. A null resets a field, where it can be reset."""
    kind = changes.get("type") or channel.type
    wanted: dict[str, Any] = {}
    for name, value in changes.items():
        if has(kind, name) and not (value is None and name in _KEPT_WHEN_NULL):
            wanted[name] = _WHEN_NULL.get(name) if value is None else value
    if "name" in wanted:
        wanted["name"] = named(kind, wanted["name"])
    if "flags" in wanted:
        wanted["flags"] &= _POST_FLAGS
    return replace(channel, **wanted)


def tagged(asked: Iterable[JSON], new_id: Callable[[], int]) -> list[JSON]:
    """The tags of a forum; those that come without an id get one."""
    return [{**tag, "id": tag["id"] or str(new_id())} for tag in asked]


def copy_of(channel: Channel, name: str | None) -> ChannelDraft:
    """A draft of a channel like this one."""
    same = {
        field: getattr(channel, field)
        for field in (*_OF_KINDS, "nsfw", "rate_limit_per_user")
        if field != "parent_id"
    }
    if channel.available_tags:
        same["available_tags"] = [{**tag, "id": None} for tag in channel.available_tags]
    return ChannelDraft(
        channel.type, name or channel.name, channel.parent_id, channel.overwrites, same
    )


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


def can_take_in(count: int) -> DomainError | None:
    """Whether a category with `count` channels, one that comes in included, may have so many."""
    if count <= limits.CHANNELS_PER_CATEGORY:
        return None
    text = f"Maximum number of channels in category reached ({limits.CHANNELS_PER_CATEGORY})"
    return Invalid({"parent_id": ("CHANNEL_PARENT_MAX_CHANNELS", text)})


def can_add(count: int) -> DomainError | None:
    """Whether a guild of `count` channels takes one more."""
    return Conflict(ErrorCode.MAX_CHANNELS) if count >= limits.CHANNELS_PER_GUILD else None


def can_make(draft: ChannelDraft) -> DomainError | None:
    """Whether a guild can have a channel of this kind."""
    if draft.type not in MAKEABLE:
        return Invalid({"type": ("BASE_TYPE_CHOICES", "Not a kind of channel a guild can have")})
    return None


def can_become(before: Channel, after: Channel) -> DomainError | None:
    """Whether a channel may be that. Text and announcement channels turn into each other."""
    if before.type is not after.type and not {before.type, after.type} <= _CONVERTIBLE:
        return Invalid({"type": ("CHANNEL_TYPE_INVALID", "Can not be turned into this kind")})
    if after.type in _TEXTS and len(after.topic or "") > limits.CHANNEL_TOPIC_MAX:
        most = f"Must be {limits.CHANNEL_TOPIC_MAX} or fewer in length."
        return Invalid({"topic": ("BASE_TYPE_MAX_LENGTH", most)})
    if after.type is ChannelType.VOICE and (after.user_limit or 0) > limits.VOICE_USER_LIMIT:
        most = f"Must be at most {limits.VOICE_USER_LIMIT}"
        return Invalid({"user_limit": ("NUMBER_TYPE_MAX", most)})
    return None


def can_be_referred_to(name: str, channel_id: int, own: set[int]) -> DomainError | None:
    """Whether a guild may name this channel in a field: it is one of its own."""
    return None if channel_id in own else NotFound(ErrorCode.UNKNOWN_CHANNEL, f"Unknown {name}")
