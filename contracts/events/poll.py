"""Votes come and go. While a quiz runs only who votes is told: a vote would give an answer away."""

from __future__ import annotations

from typing import ClassVar

from contracts.events.base import Event
from contracts.events.place import InChannel
from contracts.ids import MessageId, UserId
from contracts.intents import Intent
from contracts.permissions import Permission


class _Vote(InChannel):
    intent: ClassVar[Intent] = Intent.GUILD_MESSAGE_POLLS | Intent.DIRECT_MESSAGE_POLLS
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL

    message_id: MessageId
    user_id: UserId
    answer_id: int

    def acts(self) -> int:
        """Who votes."""
        return self.user_id


class PollVoteAdd(_Vote, Event):
    """Somebody chose an answer."""

    dispatch = "MESSAGE_POLL_VOTE_ADD"


class PollVoteRemove(_Vote, Event):
    """Somebody chooses it no longer."""

    dispatch = "MESSAGE_POLL_VOTE_REMOVE"
