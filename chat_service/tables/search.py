"""What messages are found by, and what people keep of them for themselves."""

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Index, Integer, Table, Text

from chat_service.tables.base import key, metadata

indexed = Table(
    "indexed",
    metadata,
    key("channel_id"),
    Column("up_to", BigInteger, nullable=False),
)
"""Up to which message each channel can be searched."""

findable = Table(
    "findable",
    metadata,
    key("channel_id"),
    key("id"),
    Column("scope_id", BigInteger, nullable=False),
    Column("place_id", BigInteger, nullable=False),
    Column("folded", Text, nullable=False),
    Column("grams", ARRAY(Integer), nullable=False),
    Column("marks", ARRAY(BigInteger), nullable=False),
    Index(
        "findable_by",
        "grams",
        "marks",
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "1024"},
    ),
    Index("findable_newest", "scope_id", "id"),
)
"""What messages are found by: `scope_id` is the guild or the conversation, `place_id` the channel
that lets somebody see them.
"""

hidden_mentions = Table(
    "hidden_mentions",
    metadata,
    key("user_id"),
    key("channel_id"),
    key("message_id"),
    Index("hidden_mentions_of_message", "channel_id", "message_id"),
)
"""Mentions that somebody has taken out of their list."""

saved = Table(
    "saved",
    metadata,
    key("user_id"),
    key("channel_id"),
    key("message_id"),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("saved_latest", "user_id", "at"),
    Index("saved_of_message", "channel_id", "message_id"),
)
"""Messages that somebody keeps at hand."""
