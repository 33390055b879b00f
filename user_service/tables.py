"""Tables of the schema `users`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
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

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False, unique=True),
    Column("global_name", Text),
    Column("avatar", Text),
    Column("is_bot", Boolean, nullable=False),
    Column("public_flags", BigInteger, nullable=False),
    Column("locale", Text, nullable=False),
    Column("theme", Text, nullable=False),
    Column("disabled", DateTime(timezone=True)),
    Column("deleted", DateTime(timezone=True)),
    Column("banner", Text),
    Column("accent_color", Integer),
    Column("bio", Text, nullable=False, server_default=""),
    Column("pronouns", Text, nullable=False, server_default=""),
)

worn_pictures = Table(
    "worn_pictures",
    metadata,
    Column("key", Text, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("worn", DateTime(timezone=True), nullable=False),
)
"""Files that nobody shows any more, until they are deleted."""

credentials = Table(
    "credentials",
    metadata,
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("email", Text),
    Column("email_key", Text, unique=True),
    Column("is_verified", Boolean, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("totp_secret", LargeBinary),
    Column("totp_step", BigInteger),
)
"""Of people only: bots hold tokens and nothing else."""

logins = Table(
    "logins",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("last_used", DateTime(timezone=True), nullable=False),
    Column("ended", DateTime(timezone=True)),
    Index("logins_alive", "user_id", "last_used", postgresql_where=text("ended IS NULL")),
    Index("logins_ended", "ended", postgresql_where=text("ended IS NOT NULL")),
)

backup_codes = Table(
    "backup_codes",
    metadata,
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("code_hash", LargeBinary, primary_key=True),
)
"""Those not used yet."""

proofs = Table(
    "proofs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("secret_hash", LargeBinary),
    Column("address", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False, index=True),
    Index("proofs_of", "user_id", "purpose"),
)

registration_codes = Table(
    "registration_codes",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
)

letters = Table(
    "letters",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("login", Text),
    Column("user_id", BigInteger),
    Column("address", Text),
    Column("about", Text),
    Column("tries", Integer, nullable=False),
    Column("due", DateTime(timezone=True), nullable=False, index=True),
    Column("expires", DateTime(timezone=True), nullable=False),
)
"""What is to be mailed: whom and why, never the words, since those hold secrets."""

throttles = Table(
    "throttles",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("empty_at", DateTime(timezone=True), nullable=False, index=True),
)

places = Table(
    "places",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False, index=True),
    Column("seen", DateTime(timezone=True), nullable=False, index=True),
)
"""Where somebody has logged in, as a fingerprint."""

departed = Table(
    "departed",
    metadata,
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("with_messages", Boolean, nullable=False, server_default=false()),
)
"""Deleted accounts that a neighbour may still have to forget."""

harvests = Table(
    "harvests",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False, index=True),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("completed", DateTime(timezone=True)),
    Column("tries", Integer, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, ForeignKey("users.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("verify_key", Text, nullable=False),
    Column("flags", BigInteger, nullable=False),
    Column("icon", Text),
    Column("is_public", Boolean, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("install_url", Text),
    Column("install_scopes", ARRAY(Text), nullable=False),
    Column("install_permissions", BigInteger, nullable=False),
)


def _person(name: str) -> Column[Any]:
    return Column(name, BigInteger, ForeignKey("users.id"), primary_key=True, autoincrement=False)


relationships = Table(
    "relationships",
    metadata,
    _person("user_id"),
    _person("other_id"),
    Column("type", SmallInteger, nullable=False),
    Column("nickname", Text),
    Column("since", DateTime(timezone=True), nullable=False),
    Index("relationships_by_type", "user_id", "type", "other_id"),
)
"""One row a side: friends and requests have two, a block has that of who blocks."""

user_settings = Table(
    "user_settings",
    metadata,
    _person("user_id"),
    Column("settings", JSONB, nullable=False),
    Column("status_until", DateTime(timezone=True)),
    Index(
        "settings_status_until", "status_until", postgresql_where=text("status_until IS NOT NULL")
    ),
)
"""`status_until`: when the custom status among them ends by itself."""

guild_settings = Table(
    "guild_settings",
    metadata,
    _person("user_id"),
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("settings", JSONB, nullable=False),
    Column("version", BigInteger, nullable=False),
)
"""Of private conversations: guild 0."""

notes = Table(
    "notes",
    metadata,
    _person("user_id"),
    _person("other_id"),
    Column("note", Text, nullable=False),
)

stream_keys = Table(
    "stream_keys",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False, index=True),
    Column("channel_id", BigInteger, nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("created", DateTime(timezone=True), nullable=False),
)
"""With which a program goes live in somebody's name, each in one voice channel."""

outbox = outbox_table(metadata)
