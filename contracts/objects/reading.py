"""How far somebody has read."""

from __future__ import annotations

from contracts.ids import ChannelId, MessageId
from contracts.wire import Timestamp, Wire


class ReadState(Wire):
    """One channel: the newest message read, and how many unread ones mention the reader."""

    id: ChannelId
    last_message_id: MessageId | None = None
    last_pin_timestamp: Timestamp | None = None
    mention_count: int = 0
    flags: int = 0
