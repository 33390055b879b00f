"""Conversations come, change and go, for each of those in them: every event, messages included,
is told on the topics of the people, so that one who is written to for the first time hears it.
"""

from __future__ import annotations

from contracts.events.base import Event, Route
from contracts.events.place import ToldToPeople
from contracts.ids import ChannelId, UserId
from contracts.objects.private import PrivateChannel
from contracts.objects.user import User


class _PrivateChannelEvent(ToldToPeople, PrivateChannel):
    """Each sees other recipients."""

    def route(self) -> Route:
        """By channel."""
        return Route(channel_id=self.id)


class PrivateChannelCreate(_PrivateChannelEvent, Event):
    """A conversation appears in somebody's list. Never told to bots, whose libraries know only
    guild channels by this name.
    """

    dispatch = "CHANNEL_CREATE"


class PrivateChannelUpdate(_PrivateChannelEvent, Event):
    """Its name, icon or owner changed, or a request was accepted."""

    dispatch = "CHANNEL_UPDATE"


class PrivateChannelDelete(_PrivateChannelEvent, Event):
    """It is gone from somebody's list: closed, left, or they were removed."""

    dispatch = "CHANNEL_DELETE"


class _RecipientEvent(ToldToPeople):
    """Everybody in the group hears it."""

    channel_id: ChannelId
    user: User

    def route(self) -> Route:
        """By channel and person."""
        return Route(channel_id=self.channel_id, user_id=UserId(self.user.id))


class RecipientAdd(_RecipientEvent, Event):
    """Somebody was taken into a group."""

    dispatch = "CHANNEL_RECIPIENT_ADD"


class RecipientRemove(_RecipientEvent, Event):
    """Somebody left a group, or was removed."""

    dispatch = "CHANNEL_RECIPIENT_REMOVE"
