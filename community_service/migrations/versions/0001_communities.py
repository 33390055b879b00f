"""Guilds with roles, channels, members and invites."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def _of(table: str, name: str, *, key: bool = False) -> sa.Column[Any]:
    owner = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(
        name, sa.BigInteger, owner, primary_key=key, autoincrement=False, nullable=False
    )


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "guilds",
        _key("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("owner_id", sa.BigInteger, nullable=False),
        sa.Column("icon", sa.Text),
        sa.Column("banner", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("system_channel_id", sa.BigInteger),
        sa.Column("system_channel_flags", sa.Integer, nullable=False),
        sa.Column("afk_channel_id", sa.BigInteger),
        sa.Column("afk_timeout", sa.Integer, nullable=False),
        sa.Column("rules_channel_id", sa.BigInteger),
        sa.Column("public_updates_channel_id", sa.BigInteger),
        sa.Column("verification_level", sa.SmallInteger, nullable=False),
        sa.Column("default_message_notifications", sa.SmallInteger, nullable=False),
        sa.Column("explicit_content_filter", sa.SmallInteger, nullable=False),
        sa.Column("preferred_locale", sa.Text, nullable=False),
    )
    op.create_table(
        "roles",
        _key("id"),
        _of("guilds", "guild_id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("permissions", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("color", sa.Integer, nullable=False),
        sa.Column("hoist", sa.Boolean, nullable=False),
        sa.Column("mentionable", sa.Boolean, nullable=False),
        sa.Column("bot_id", sa.BigInteger),
        sa.Index("roles_guild", "guild_id"),
    )
    op.create_table(
        "channels",
        _key("id"),
        _of("guilds", "guild_id"),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("parent_id", sa.BigInteger, sa.ForeignKey("channels.id", ondelete="SET NULL")),
        sa.Column("topic", sa.Text),
        sa.Column("nsfw", sa.Boolean, nullable=False),
        sa.Column("rate_limit_per_user", sa.Integer, nullable=False),
        sa.Column("bitrate", sa.Integer),
        sa.Column("user_limit", sa.Integer),
        sa.Index("channels_guild", "guild_id"),
        sa.Index("channels_parent", "parent_id"),
    )
    op.create_table(
        "overwrites",
        _of("channels", "channel_id", key=True),
        _key("target_id"),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("allow", sa.BigInteger, nullable=False),
        sa.Column("deny", sa.BigInteger, nullable=False),
    )
    _people_and_ways_in()
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("owner", sa.Integer, nullable=False),
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column(
            "created", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
    )


def _people_and_ways_in() -> None:
    op.create_table(
        "people",
        _key("user_id"),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("discriminator", sa.Text, nullable=False),
        sa.Column("global_name", sa.Text),
        sa.Column("avatar", sa.Text),
        sa.Column("banner", sa.Text),
        sa.Column("accent_color", sa.Integer),
        sa.Column("public_flags", sa.BigInteger, nullable=False),
        sa.Column("is_bot", sa.Boolean, nullable=False),
        _moment("refreshed_at"),
    )
    op.create_table(
        "members",
        _of("guilds", "guild_id", key=True),
        sa.Column(
            "user_id",
            sa.BigInteger,
            sa.ForeignKey("people.user_id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("nick", sa.Text),
        sa.Column("avatar", sa.Text),
        _moment("joined_at"),
        _moment("timed_out_until", nullable=True),
        sa.Column("deaf", sa.Boolean, nullable=False),
        sa.Column("mute", sa.Boolean, nullable=False),
        sa.Column("pending", sa.Boolean, nullable=False),
        sa.Column("flags", sa.Integer, nullable=False),
        sa.Index("members_user", "user_id"),
    )
    op.create_table(
        "member_roles",
        _key("guild_id"),
        _key("user_id"),
        _of("roles", "role_id", key=True),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"], ["members.guild_id", "members.user_id"], ondelete="CASCADE"
        ),
        sa.Index("member_roles_role", "role_id"),
    )
    op.create_table(
        "invites",
        sa.Column("code", sa.Text, primary_key=True),
        _of("guilds", "guild_id"),
        _of("channels", "channel_id"),
        sa.Column("inviter_id", sa.BigInteger, nullable=False),
        sa.Column("max_age", sa.Integer, nullable=False),
        sa.Column("max_uses", sa.Integer, nullable=False),
        sa.Column("is_temporary", sa.Boolean, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        _moment("created_at"),
        _moment("expires_at", nullable=True),
        sa.Index("invites_guild", "guild_id"),
        sa.Index("invites_channel", "channel_id", "inviter_id"),
        sa.Index("invites_expiry", "expires_at"),
    )
    op.create_table("departures", _key("guild_id"), _key("user_id"))


def downgrade() -> None:
    for name in (
        "outbox",
        "departures",
        "invites",
        "member_roles",
        "members",
        "people",
        "overwrites",
        "channels",
        "roles",
        "guilds",
    ):
        op.drop_table(name)
