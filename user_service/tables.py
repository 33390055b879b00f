"""Tables of the schema `users`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

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
)

credentials = Table(
    "credentials",
    metadata,
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("email", Text),
    Column("email_key", Text, unique=True),
    Column("is_verified", Boolean, nullable=False),
    Column("password_hash", Text, nullable=False),
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
)

outbox = outbox_table(metadata)
