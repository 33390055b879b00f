"""What applications offer, what they are asked, and what they answer to one person alone."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chat_service.tables.base import key, metadata

commands = Table(
    "commands",
    metadata,
    key("id"),
    Column("application_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("definition", JSONB, nullable=False),
    UniqueConstraint("application_id", "guild_id", "type", "name", name="commands_called"),
    Index("commands_of_guild", "guild_id"),
)
"""What applications offer: in one guild, or (0) everywhere."""

command_permissions = Table(
    "command_permissions",
    metadata,
    key("guild_id"),
    key("id"),
    Column("application_id", BigInteger, nullable=False),
    Column("permissions", JSONB, nullable=False),
)
"""Of a command, or under the application's id of all that it offers."""

interactions = Table(
    "interactions",
    metadata,
    key("id"),
    Column("application_id", BigInteger, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("nonce", Text),
    Column("state", SmallInteger, nullable=False),
    Column("asked", JSONB, nullable=False),
    Column("response_id", BigInteger),
    Column("created", DateTime(timezone=True), nullable=False),
    Index("interactions_created", "created"),
    Index("interactions_waiting", "created", postgresql_where=text("state = 0")),
)
"""What people ask of applications: a row lives for a quarter of an hour. The token is not kept."""

whispers = Table(
    "whispers",
    metadata,
    key("id"),
    Column("channel_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("edited", DateTime(timezone=True)),
    Column("extras", JSONB),
    Index("whispers_created", "created"),
)
"""Answers that only who asked has seen, kept as long as they can be changed: in no history."""
