"""Tables of the schema `community`. What belongs to a guild goes with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.outbox import outbox_table

metadata = MetaData()


def _id(name: str) -> Column[Any]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _of(table: str, name: str, *, key: bool = False) -> Column[Any]:
    owner = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Column(name, BigInteger, owner, primary_key=key, autoincrement=False, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _search_key(name: str) -> Column[Any]:
    """A name as it is searched (domain/people.py); compared sign by sign, so that prefixes lie
    together.
    """
    return Column(name, Text(collation="C"))


guilds = Table(
    "guilds",
    metadata,
    _id("id"),
    Column("name", Text, nullable=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("icon", Text),
    Column("banner", Text),
    Column("description", Text),
    Column("system_channel_id", BigInteger),
    Column("system_channel_flags", Integer, nullable=False),
    Column("afk_channel_id", BigInteger),
    Column("afk_timeout", Integer, nullable=False),
    Column("rules_channel_id", BigInteger),
    Column("public_updates_channel_id", BigInteger),
    Column("verification_level", SmallInteger, nullable=False),
    Column("default_message_notifications", SmallInteger, nullable=False),
    Column("explicit_content_filter", SmallInteger, nullable=False),
    Column("preferred_locale", Text, nullable=False),
    Column("mfa_level", SmallInteger, nullable=False, server_default="0"),
    Column("features", ARRAY(Text), nullable=False, server_default="{}"),
    Column("splash", Text),
    Column("discovery_splash", Text),
)

roles = Table(
    "roles",
    metadata,
    _id("id"),
    _of("guilds", "guild_id"),
    Column("name", Text, nullable=False),
    Column("permissions", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("color", Integer, nullable=False),
    Column("hoist", Boolean, nullable=False),
    Column("mentionable", Boolean, nullable=False),
    Column("bot_id", BigInteger),
    Column("secondary_color", Integer),
    Column("tertiary_color", Integer),
    Column("icon", Text),
    Column("unicode_emoji", Text),
    Index("roles_guild", "guild_id"),
)

channels = Table(
    "channels",
    metadata,
    _id("id"),
    _of("guilds", "guild_id"),
    Column("type", SmallInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("parent_id", BigInteger, ForeignKey("channels.id", ondelete="SET NULL")),
    Column("topic", Text),
    Column("nsfw", Boolean, nullable=False),
    Column("rate_limit_per_user", Integer, nullable=False),
    Column("bitrate", Integer),
    Column("user_limit", Integer),
    Column("rtc_region", Text),
    Column("video_quality_mode", SmallInteger),
    Column("default_auto_archive_duration", Integer),
    Column("default_thread_rate_limit_per_user", Integer),
    Column("default_reaction_emoji", JSONB(none_as_null=True)),
    Column("default_sort_order", SmallInteger),
    Column("default_forum_layout", SmallInteger),
    Column("default_tag_setting", Text),
    Column("available_tags", JSONB(none_as_null=True)),
    Column("flags", Integer, nullable=False),
    Index("channels_guild", "guild_id"),
    Index("channels_parent", "parent_id"),
)

overwrites = Table(
    "overwrites",
    metadata,
    _of("channels", "channel_id", key=True),
    _id("target_id"),
    Column("type", SmallInteger, nullable=False),
    Column("allow", BigInteger, nullable=False),
    Column("deny", BigInteger, nullable=False),
)

people = Table(
    "people",
    metadata,
    _id("user_id"),
    Column("username", Text, nullable=False),
    Column("discriminator", Text, nullable=False),
    Column("global_name", Text),
    Column("avatar", Text),
    Column("banner", Text),
    Column("accent_color", Integer),
    Column("public_flags", BigInteger, nullable=False),
    Column("is_bot", Boolean, nullable=False),
    _moment("refreshed_at"),
    _moment("last_seen_at", nullable=True),
    _search_key("username_key"),
    _search_key("global_name_key"),
    Index("people_username_key", "username_key"),
    Index("people_global_name_key", "global_name_key"),
)
"""A copy of public faces, beside the members. A face outlives its memberships."""

members = Table(
    "members",
    metadata,
    _of("guilds", "guild_id", key=True),
    Column(
        "user_id", BigInteger, ForeignKey("people.user_id"), primary_key=True, autoincrement=False
    ),
    Column("nick", Text),
    Column("avatar", Text),
    _moment("joined_at"),
    _moment("timed_out_until", nullable=True),
    Column("deaf", Boolean, nullable=False),
    Column("mute", Boolean, nullable=False),
    Column("pending", Boolean, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("banner", Text),
    Column("bio", Text, nullable=False, server_default=""),
    Column("is_temporary", Boolean, nullable=False, server_default=false()),
    _search_key("nick_key"),
    Index("members_user", "user_id"),
    Index("members_nick_key", "guild_id", "nick_key"),
    Index("members_temporary", "user_id", postgresql_where=text("is_temporary")),
)

member_roles = Table(
    "member_roles",
    metadata,
    _id("guild_id"),
    _id("user_id"),
    _of("roles", "role_id", key=True),
    ForeignKeyConstraint(
        ["guild_id", "user_id"], ["members.guild_id", "members.user_id"], ondelete="CASCADE"
    ),
    Index("member_roles_role", "role_id"),
)

invites = Table(
    "invites",
    metadata,
    Column("code", Text, primary_key=True),
    _of("guilds", "guild_id"),
    _of("channels", "channel_id"),
    Column("inviter_id", BigInteger, nullable=False),
    Column("max_age", Integer, nullable=False),
    Column("max_uses", Integer, nullable=False),
    Column("is_temporary", Boolean, nullable=False),
    Column("uses", Integer, nullable=False),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
    Index("invites_guild", "guild_id"),
    Index("invites_channel", "channel_id", "inviter_id"),
    Index("invites_expiry", "expires_at"),
)

emojis = Table(
    "emojis",
    metadata,
    _id("id"),
    _of("guilds", "guild_id"),
    Column("name", Text, nullable=False),
    Column("is_animated", Boolean, nullable=False),
    Column("creator_id", BigInteger, nullable=False),
    Column("roles", ARRAY(BigInteger), nullable=False),
    Index("emojis_guild", "guild_id"),
)

automod_rules = Table(
    "automod_rules",
    metadata,
    _id("id"),
    _of("guilds", "guild_id"),
    Column("creator_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("trigger", SmallInteger, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("actions", JSONB, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("exempt_roles", ARRAY(BigInteger), nullable=False),
    Column("exempt_channels", ARRAY(BigInteger), nullable=False),
    Index("automod_rules_guild", "guild_id"),
)

listings = Table(
    "listings",
    metadata,
    _of("guilds", "guild_id", key=True),
    Column("category", SmallInteger, nullable=False),
    Column("keywords", ARRAY(Text), nullable=False),
    Column("member_count", Integer, nullable=False),
    Index("listings_size", "member_count"),
)
"""Communities that strangers may find."""

webhooks = Table(
    "webhooks",
    metadata,
    _id("id"),
    _of("guilds", "guild_id"),
    _of("channels", "channel_id"),
    Column("creator_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("avatar", Text),
    Column("token", Text, nullable=False),
    Index("webhooks_guild", "guild_id"),
    Index("webhooks_channel", "channel_id"),
)

scheduled_events = Table(
    "scheduled_events",
    metadata,
    _id("id"),
    _of("guilds", "guild_id"),
    Column("creator_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    _moment("starts"),
    Column("status", SmallInteger, nullable=False),
    Column("channel_id", BigInteger),
    Column("location", Text),
    Column("description", Text),
    Column("image", Text),
    _moment("ends", nullable=True),
    Column("recurrence", JSONB(none_as_null=True)),
    _moment("finished", nullable=True),
    _moment("due", nullable=True),
    Index("scheduled_events_guild", "guild_id"),
    Index("scheduled_events_due", "due"),
    Index("scheduled_events_channel", "channel_id"),
    Index("scheduled_events_finished", "finished"),
)

interests = Table(
    "interests",
    metadata,
    _of("scheduled_events", "event_id", key=True),
    _id("user_id"),
    Column("guild_id", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["guild_id", "user_id"], ["members.guild_id", "members.user_id"], ondelete="CASCADE"
    ),
    Index("interests_member", "guild_id", "user_id"),
    Index("interests_user", "user_id"),
)
"""Who is interested in which event; whoever leaves is not."""

bans = Table(
    "bans",
    metadata,
    _of("guilds", "guild_id", key=True),
    Column(
        "user_id", BigInteger, ForeignKey("people.user_id"), primary_key=True, autoincrement=False
    ),
    Column("moderator_id", BigInteger, nullable=False),
    Column("reason", Text),
    _moment("created_at"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    _id("id"),
    _of("guilds", "guild_id"),
    Column("actor_id", BigInteger),
    Column("action", SmallInteger, nullable=False),
    Column("target_id", BigInteger),
    Column("changes", JSONB, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("reason", Text),
    Index("audit_entries_guild", "guild_id", "id"),
    Index("audit_entries_actor", "guild_id", "actor_id", "id"),
    Index("audit_entries_action", "guild_id", "action", "id"),
    Index("audit_entries_target", "guild_id", "target_id", "id"),
)

departures = Table("departures", metadata, _id("guild_id"), _id("user_id"))
"""Members of a deleted guild who are still to be told. Rows without a guild, hence no key to it."""

outbox = outbox_table(metadata)
