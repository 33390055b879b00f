"""Tables of the schema `notification`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from chassis.outbox import outbox_table

metadata = MetaData()

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
    Column("seen", DateTime(timezone=True), nullable=False),
    UniqueConstraint("provider", "token_hash", name="devices_address"),
    Index("devices_person", "user_id", "seen"),
)

heard = Table(
    "heard",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("stamp", BigInteger, nullable=False),
)
"""Up to where events have had their effect: what comes later is read again after a restart."""

outbox = outbox_table(metadata)
