"""Guilds: the community itself, as REST and GUILD_CREATE show it."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.objects.emoji import Emoji
from contracts.objects.role import Role
from contracts.wire import JSON, Bits, Wire


class Guild(Wire):
    """A guild with its roles."""

    omit: ClassVar[frozenset[str]] = frozenset(
        {"approximate_member_count", "approximate_presence_count"}
    )

    id: GuildId
    name: str
    icon: str | None = None
    icon_hash: str | None = None
    home_header: str | None = None
    splash: str | None = None
    discovery_splash: str | None = None
    banner: str | None = None
    description: str | None = None
    owner_id: UserId
    region: str = "deprecated"
    """Channels have regions now; the published schema still asks for the word."""
    afk_channel_id: ChannelId | None = None
    afk_timeout: int = 300
    verification_level: int = 0
    default_message_notifications: int = 0
    explicit_content_filter: int = 0
    mfa_level: int = 0
    application_id: Snowflake | None = None
    system_channel_id: ChannelId | None = None
    system_channel_flags: int = 0
    rules_channel_id: ChannelId | None = None
    public_updates_channel_id: ChannelId | None = None
    safety_alerts_channel_id: ChannelId | None = None
    vanity_url_code: str | None = None
    premium_tier: int = 0
    premium_subscription_count: int = 0
    premium_progress_bar_enabled: bool = False
    preferred_locale: str = "en-US"
    nsfw: bool = False
    nsfw_level: int = 0
    max_members: int = 500_000
    max_presences: int | None = None
    max_video_channel_users: int = 25
    max_stage_video_channel_users: int = 50
    widget_enabled: bool = False
    widget_channel_id: ChannelId | None = None
    incidents_data: JSON | None = None
    features: tuple[str, ...] = ()
    emojis: tuple[Emoji, ...] = ()
    stickers: tuple[JSON, ...] = ()
    roles: tuple[Role, ...] = ()
    approximate_member_count: int | None = None
    approximate_presence_count: int | None = None


class PartialGuild(Wire):
    """A guild in the list of one's guilds."""

    omit: ClassVar[frozenset[str]] = frozenset(
        {"approximate_member_count", "approximate_presence_count"}
    )

    id: GuildId
    name: str
    icon: str | None = None
    banner: str | None = None
    owner: bool = False
    permissions: Bits = 0
    features: tuple[str, ...] = ()
    approximate_member_count: int | None = None
    approximate_presence_count: int | None = None


class PlannedChannel(Wire):
    """A channel as a template shows it."""

    type: int
    name: str
    parent: str | None = None
    """The name of its category."""


class GuildPlan(Wire):
    """What a guild can begin with: an extension, in the reader's language."""

    id: str
    """What `template` takes when a guild is founded."""
    name: str
    description: str
    channels: tuple[PlannedChannel, ...]
    roles: tuple[str, ...]
