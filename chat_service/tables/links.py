"""What links in messages lead to."""

from sqlalchemy import Column, DateTime, LargeBinary, SmallInteger, Table
from sqlalchemy.dialects.postgresql import JSONB

from chat_service.tables.base import key, metadata

previews = Table(
    "previews",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("found", JSONB),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
)
"""What links led to, by a digest of each: nothing, too."""

unseen_links = Table(
    "unseen_links",
    metadata,
    key("channel_id"),
    key("message_id"),
    Column("due", DateTime(timezone=True), nullable=False, index=True),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
)
"""Messages whose links have yet to be looked at: at once by who stored one, or by whoever finds it
when it is due.
"""
