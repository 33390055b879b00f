"""Tables of the schema `users`."""

from __future__ import annotations

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
    Column("disabled", DateTime(timezone=True)),
    Column("deleted", DateTime(timezone=True)),
)

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
    Column("archive", LargeBinary),
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

outbox = outbox_table(metadata)
