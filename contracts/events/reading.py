"""Somebody has read: told to their own other devices, so that badges are equal everywhere."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, MessageId, UserId
from contracts.wire import Timestamp


class MessageAck(Event):
    """Read up to this message."""

    dispatch = "MESSAGE_ACK"

    user_id: UserId
    channel_id: ChannelId
    message_id: MessageId
    manual: bool = False
    mention_count: int = 0
    flags: int = 0
    last_viewed: int | None = None
    ack_type: int = 0
    version: int = 0

    def address(self) -> topics.Topic:
        """The reader's own."""
        return topics.user(self.user_id)

    def route(self) -> Route:
        """By channel and reader."""
        return Route(channel_id=self.channel_id, user_id=self.user_id)


class ChannelPinsAck(Event):
    """What is pinned was seen."""

    dispatch = "CHANNEL_PINS_ACK"

    user_id: UserId
    channel_id: ChannelId
    timestamp: Timestamp
    version: int = 0

    def address(self) -> topics.Topic:
        """The reader's own."""
        return topics.user(self.user_id)

    def route(self) -> Route:
        """By channel and reader."""
        return Route(channel_id=self.channel_id, user_id=self.user_id)
