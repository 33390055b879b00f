"""Somebody types. Told and never stored."""

from __future__ import annotations

from typing import ClassVar

from contracts.events.base import Event
from contracts.events.place import InChannel
from contracts.ids import UserId
from contracts.intents import Intent
from contracts.objects.member import Member
from contracts.permissions import Permission


class TypingStart(InChannel, Event):
    """Somebody began to type, or goes on."""

    dispatch = "TYPING_START"
    intent = Intent.GUILD_MESSAGE_TYPING | Intent.DIRECT_MESSAGE_TYPING
    needs = Permission.VIEW_CHANNEL
    omit: ClassVar[frozenset[str]] = frozenset({"guild_id", "member"})

    user_id: UserId
    timestamp: int
    member: Member | None = None

    def acts(self) -> int:
        """Who types."""
        return self.user_id
