"""Messages appear, change and go."""

from __future__ import annotations

from typing import ClassVar

from contracts.events.base import Event, Route
from contracts.events.place import InChannel
from contracts.ids import MessageId
from contracts.intents import Intent
from contracts.objects.member import MemberFace
from contracts.objects.message import Message
from contracts.permissions import Permission

_INTENT = Intent.GUILD_MESSAGES | Intent.DIRECT_MESSAGES


class _MessageEvent(Message, InChannel):
    intent: ClassVar[Intent] = _INTENT
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL
    has_content: ClassVar[bool] = True
    omit: ClassVar[frozenset[str]] = Message.omit | {"guild_id", "member"}

    member: MemberFace | None = None

    def route(self) -> Route:
        """By channel; authors and mentioned users see content whatever their intents."""
        return Route(
            guild_id=self.guild_id,
            channel_id=self.channel_id,
            author_id=self.author.id,
            mentions=tuple(user.id for user in self.mentions),
        )


class MessageCreate(_MessageEvent, Event):
    """A message was stored."""

    dispatch = "MESSAGE_CREATE"


class MessageUpdate(_MessageEvent, Event):
    """A message was edited, pinned or unpinned, or its embeds changed."""

    dispatch = "MESSAGE_UPDATE"


class MessageDelete(InChannel, Event):
    """A message is gone."""

    dispatch = "MESSAGE_DELETE"
    intent = _INTENT
    needs = Permission.VIEW_CHANNEL

    id: MessageId


class MessageDeleteBulk(InChannel, Event):
    """Up to a hundred messages are gone at once."""

    dispatch = "MESSAGE_DELETE_BULK"
    intent = _INTENT
    needs = Permission.VIEW_CHANNEL

    ids: tuple[MessageId, ...]
