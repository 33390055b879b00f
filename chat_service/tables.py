"""Tables of the schema `chat`. Every key begins with the channel, so that a distributed engine can
hold them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

from chassis.outbox import outbox_table

metadata = MetaData()

heads = Table(
    "heads",
    metadata,
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("last_message_id", BigInteger, nullable=False),
)
"""One row a channel: it hands out message ids, so they rise in commit order."""

messages = Table(
    "messages",
    metadata,
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("author_id", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("mention_everyone", Boolean, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

nonces = Table(
    "nonces",
    metadata,
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("author_id", BigInteger, primary_key=True, autoincrement=False),
    Column("nonce", Text, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False, index=True),
)

outbox = outbox_table(metadata)
