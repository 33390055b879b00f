"""A key with which a program goes live."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import ChannelId, Snowflake
from contracts.wire import Timestamp, Wire


class StreamKey(Wire):
    """For one voice channel, in the name of whoever made it."""

    omit: ClassVar[frozenset[str]] = frozenset({"key"})

    id: Snowflake
    channel_id: ChannelId
    created_at: Timestamp
    key: str | None = None
    """Shown when it is made, and never again."""
