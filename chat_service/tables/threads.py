"""Threads, and who is in them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chat_service.tables.base import key, metadata

threads = Table(
    "threads",
    metadata,
    key("id"),
    Column("guild_id", BigInteger, nullable=False),
    Column("parent_id", BigInteger, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("is_archived", Boolean, nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("archive_after", Integer, nullable=False),
    Column("is_locked", Boolean, nullable=False),
    Column("is_invitable", Boolean, nullable=False),
    Column("slowmode", Integer, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("tags", ARRAY(BigInteger), nullable=False),
    Column("accepted_id", BigInteger),
    Column("message_count", Integer, nullable=False),
    Column("total_sent", Integer, nullable=False),
    Column("member_count", Integer, nullable=False),
    Index("threads_active", "guild_id", postgresql_where=text("NOT is_archived")),
    Index("threads_due", "due", postgresql_where=text("NOT is_archived")),
    Index(
        "threads_archived_open",
        *("parent_id", "changed", "id"),
        postgresql_where=text("is_archived AND type <> 12"),
    ),
    Index(
        "threads_archived_closed",
        *("parent_id", "changed", "id"),
        postgresql_where=text("is_archived AND type = 12"),
    ),
    Index("threads_of_parent", "parent_id", "id"),
)
"""`id` is the channel of the thread's messages. Archived at `due`, which each message puts off;
`changed`: when it was archived or unarchived last.
"""

thread_members = Table(
    "thread_members",
    metadata,
    key("thread_id"),
    key("user_id"),
    Column("joined", DateTime(timezone=True), nullable=False),
    Column("flags", Integer, nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("mute_config", JSONB),
    Index("thread_members_of_user", "user_id", "thread_id"),
)
