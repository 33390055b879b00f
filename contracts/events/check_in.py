"""Somebody is there."""

from __future__ import annotations

from typing import ClassVar

from contracts.events.base import Event
from contracts.events.place import InChannel
from contracts.ids import MessageId, UserId
from contracts.intents import Intent
from contracts.permissions import Permission
from contracts.wire import Timestamp


class CheckedIn(InChannel, Event):
    """Somebody checked in at a message."""

    dispatch = "MESSAGE_CHECK_IN"
    intent: ClassVar[Intent] = Intent.GUILD_MESSAGES | Intent.DIRECT_MESSAGES
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL

    message_id: MessageId
    user_id: UserId
    at: Timestamp
    is_late: bool
    count: int

    def acts(self) -> int:
        """Who checked in."""
        return self.user_id
