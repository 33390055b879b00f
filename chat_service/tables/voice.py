"""What was spoken: recordings of voice channels, and who was there."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, Index, Table, Text

from chat_service.tables.base import key, metadata

recordings = Table(
    "recordings",
    metadata,
    key("channel_id"),
    key("id"),
    Column("guild_id", BigInteger, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("began", DateTime(timezone=True), nullable=False),
    Column("ended", DateTime(timezone=True)),
    Column("reason", Text),
    Column("message_id", BigInteger),
    Column("seconds", Float),
    Column("is_kept", Boolean, nullable=False, server_default="false"),
    Index("recordings_by_id", "id"),
    Index("recordings_of_author", "author_id"),
)
"""`message_id` is the message that holds the film: it is there when the recording ended, and the
film comes later.
"""

visits = Table(
    "visits",
    metadata,
    key("channel_id"),
    key("id"),
    Column("guild_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("began", DateTime(timezone=True), nullable=False),
    Column("ended", DateTime(timezone=True), nullable=False),
    Column("spoke_ms", BigInteger, nullable=False),
    Index("visits_in_time", "channel_id", "began"),
    Index("visits_of_user", "user_id"),
    Index("visits_ended", "ended"),
)
"""Who was connected to a voice channel from when to when; `ended` moves while they are there."""
