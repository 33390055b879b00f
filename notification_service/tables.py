"""Tables of the schema `notification`."""

from __future__ import annotations

from sqlalchemy import (
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
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.outbox import outbox_table

metadata = MetaData()

people = Table(
    "people",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("locale", Text, nullable=False),
    Column("is_dnd", Boolean, nullable=False),
    Column("hides_content", Boolean, nullable=False),
    Column("wants_digest", Boolean, nullable=False),
    Column("active", DateTime(timezone=True), nullable=False),
    Column("digested", DateTime(timezone=True)),
    Index("people_digest", "active", postgresql_where=text("wants_digest")),
)
"""Everybody who is watched."""

devices = Table(
    "devices",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, nullable=False),
    Column("login_id", BigInteger, nullable=False),
    Column("provider", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("platform", Text, nullable=False),
    Column("p256dh", Text),
    Column("auth", Text),
    Column("seen", DateTime(timezone=True), nullable=False),
    UniqueConstraint("provider", "token_hash", name="devices_address"),
    Index("devices_person", "user_id", "seen"),
)

notices = Table(
    "notices",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger),
    Column("about_id", BigInteger, nullable=False),
    Column("fresh", Integer, nullable=False),
    Column("unread", Integer, nullable=False),
    Column("is_web_only", Boolean, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("due", DateTime(timezone=True)),
    Column("told", DateTime(timezone=True)),
    Column("expires", DateTime(timezone=True), nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
    Index("notices_due", "due", postgresql_where=text("due IS NOT NULL")),
    Index("notices_subject", "subject", postgresql_where=text("due IS NOT NULL")),
    Index("notices_changed", "changed"),
)
"""What is unread of a subject, and what of it still waits to be pushed (`due`)."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("device_id", BigInteger, ForeignKey("devices.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("about_id", BigInteger, nullable=False),
    Column("provider", Text, nullable=False),
    Column("push", JSONB, nullable=False),
    Column("is_urgent", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
    Index("deliveries_due", "provider", "due"),
    Index("deliveries_device", "device_id"),
    Index("deliveries_person", "user_id", "subject"),
)
"""Pushes on their way, one for each device."""

history = Table(
    "history",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("about_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger),
    Column("body", JSONB, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("is_read", Boolean, nullable=False),
    UniqueConstraint("user_id", "subject", "about_id", name="history_once"),
    Index("history_person", "user_id", "id"),
    Index("history_subject", "subject", "about_id"),
    Index("history_created", "created"),
)
"""What somebody was notified of."""

heard = Table(
    "heard",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("stamp", BigInteger, nullable=False),
)
"""Up to where events have had their effect: what comes later is read again after a restart."""

outbox = outbox_table(metadata)
