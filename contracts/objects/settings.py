"""How one wishes to be notified, per community and channel, and what a client remembers."""

from __future__ import annotations

from enum import IntEnum

from contracts.ids import ChannelId, GuildId
from contracts.wire import Timestamp, Wire


class NotifyLevel(IntEnum):
    """Which messages are told."""

    ALL = 0
    MENTIONS = 1
    NOTHING = 2
    INHERIT = 3
    """As the community (or, for a channel, one's own choice for the community) says."""


class MuteConfig(Wire):
    """Until when it is silent; without an end, until unmuted."""

    end_time: Timestamp | None = None
    selected_time_window: int | None = None


class ChannelNotifications(Wire):
    """One channel's exception."""

    channel_id: ChannelId
    muted: bool = False
    mute_config: MuteConfig | None = None
    message_notifications: NotifyLevel = NotifyLevel.INHERIT
    collapsed: bool = False
    flags: int = 0


class GuildNotifications(Wire):
    """One community's, or (no guild) those of private conversations."""

    guild_id: GuildId | None = None
    muted: bool = False
    mute_config: MuteConfig | None = None
    message_notifications: NotifyLevel = NotifyLevel.INHERIT
    suppress_everyone: bool = False
    suppress_roles: bool = False
    mobile_push: bool = True
    hide_muted_channels: bool = False
    mute_scheduled_events: bool = False
    notify_highlights: int = 0
    flags: int = 0
    version: int = 0
    channel_overrides: tuple[ChannelNotifications, ...] = ()
