"""Reactions come and go."""

from __future__ import annotations

from typing import ClassVar

from contracts.events.base import Event
from contracts.events.place import InChannel
from contracts.ids import MessageId, UserId
from contracts.intents import Intent
from contracts.objects.member import Member
from contracts.objects.reaction import Emoji
from contracts.permissions import Permission

_INTENT = Intent.GUILD_MESSAGE_REACTIONS | Intent.DIRECT_MESSAGE_REACTIONS


class _ReactionEvent(InChannel):
    intent: ClassVar[Intent] = _INTENT
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL

    message_id: MessageId


class _OneReaction(_ReactionEvent):
    user_id: UserId
    emoji: Emoji
    burst: bool = False
    type: int = 0

    def acts(self) -> int:
        """Who reacts, or whose reaction goes."""
        return self.user_id


class ReactionAdd(_OneReaction, Event):
    """Somebody reacted."""

    dispatch = "MESSAGE_REACTION_ADD"
    omit: ClassVar[frozenset[str]] = frozenset({"guild_id", "member"})

    member: Member | None = None
    message_author_id: UserId
    burst_colors: tuple[str, ...] = ()


class ReactionRemove(_OneReaction, Event):
    """A reaction was taken back, or away."""

    dispatch = "MESSAGE_REACTION_REMOVE"


class ReactionRemoveAll(_ReactionEvent, Event):
    """A message has no reactions any more."""

    dispatch = "MESSAGE_REACTION_REMOVE_ALL"


class ReactionRemoveEmoji(_ReactionEvent, Event):
    """All reactions with one emoji are gone."""

    dispatch = "MESSAGE_REACTION_REMOVE_EMOJI"

    emoji: Emoji
