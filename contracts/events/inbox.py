"""What somebody keeps for themselves changes: told to their own devices."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, MessageId, UserId
from contracts.wire import Timestamp, Wire


class _Own(Wire):
    user_id: UserId

    def address(self) -> topics.Topic:
        """Their own."""
        return topics.user(self.user_id)

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user_id)


class RecentMentionDelete(_Own, Event):
    """A mention was taken out of the list."""

    dispatch = "RECENT_MENTION_DELETE"

    message_id: MessageId


class SavedMessageCreate(_Own, Event):
    """A message was saved."""

    dispatch = "SAVED_MESSAGE_CREATE"

    channel_id: ChannelId
    message_id: MessageId
    saved_at: Timestamp


class SavedMessageDelete(_Own, Event):
    """A message is no longer saved. One that is deleted is no longer saved either, by the event
    that tells of that.
    """

    dispatch = "SAVED_MESSAGE_DELETE"

    channel_id: ChannelId
    message_id: MessageId
