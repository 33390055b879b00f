"""What a person's notification settings mean for one channel at one moment."""

from __future__ import annotations

from datetime import datetime

from contracts.objects.settings import (
    ChannelNotifications,
    GuildNotifications,
    MuteConfig,
    NotifyLevel,
)
from contracts.objects.thread import ThreadMember

_FLAGS = {1 << 1: NotifyLevel.ALL, 1 << 2: NotifyLevel.MENTIONS, 1 << 3: NotifyLevel.NOTHING}


def level_of(
    wish: GuildNotifications | None, default: NotifyLevel, *places: int | None
) -> NotifyLevel:
    """Which messages are told, of the innermost place that says anything: `places` are a thread,
    its channel and the category, from the inside out.
    """
    if wish is None:
        return default
    for override in _of_places(wish, places):
        if override.message_notifications is not NotifyLevel.INHERIT:
            return override.message_notifications
    if wish.message_notifications is not NotifyLevel.INHERIT:
        return wish.message_notifications
    return default


def level_in_thread(member: ThreadMember) -> NotifyLevel:
    """What one who is in a thread wants of it, as Discord's flags say it."""
    if member.muted:
        return NotifyLevel.NOTHING
    for flag, level in _FLAGS.items():
        if member.flags & flag:
            return level
    return NotifyLevel.INHERIT


def is_muted(wish: GuildNotifications | None, now: datetime, *places: int | None) -> bool:
    """Whether it is silent there: the place, what is around it, or all of the community."""
    if wish is None:
        return False
    if _holds(wish.mute_config, now, is_muted=wish.muted):
        return True
    return any(_holds(one.mute_config, now, is_muted=one.muted) for one in _of_places(wish, places))


def _of_places(
    wish: GuildNotifications, places: tuple[int | None, ...]
) -> list[ChannelNotifications]:
    if not wish.channel_overrides:
        return []
    known = {int(one.channel_id): one for one in wish.channel_overrides}
    return [known[place] for place in places if place is not None and place in known]


def _holds(config: MuteConfig | None, now: datetime, *, is_muted: bool) -> bool:
    if not is_muted:
        return False
    end = config.end_time if config is not None else None
    return end is None or end > now
