"""Conversations outside of guilds: who is in one, and who may do what there."""

from __future__ import annotations

from dataclasses import dataclass

from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden
from contracts.objects.channel import ChannelType


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody in a conversation, and how it stands in their list."""

    user_id: int
    is_open: bool = True
    is_request: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """Between two people, for ever the same two; or a group."""

    id: int
    kind: ChannelType
    recipients: tuple[Recipient, ...]
    owner_id: int | None = None
    name: str | None = None
    icon: str | None = None

    @property
    def is_group(self) -> bool:
        """Whether people may come and go."""
        return self.kind is ChannelType.GROUP_DM

    @property
    def people(self) -> tuple[int, ...]:
        """Everybody in it."""
        return tuple(one.user_id for one in self.recipients)

    def others(self, user_id: int) -> tuple[int, ...]:
        """Everybody else in it."""
        return tuple(one for one in self.people if one != user_id)

    def seat(self, user_id: int) -> Recipient | None:
        """Somebody's own entry, if they are in it."""
        return next((one for one in self.recipients if one.user_id == user_id), None)


def can_gather(people: int) -> DomainError | None:
    """Whether a group may have so many people."""
    if people > limits.GROUP_RECIPIENTS:
        return Conflict(ErrorCode.MAX_RECIPIENTS)
    return None


def can_change(conversation: Conversation) -> DomainError | None:
    """Whether it has a name, an icon and an owner."""
    return None if conversation.is_group else Forbidden(ErrorCode.NOT_IN_DM)


def can_add(conversation: Conversation) -> DomainError | None:
    """A pair stays a pair: what two have said is never shown to a third."""
    if not conversation.is_group:
        return Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    return can_gather(len(conversation.recipients) + 1)


def can_remove(conversation: Conversation, actor_id: int, user_id: int) -> DomainError | None:
    """Oneself, or anybody by the owner."""
    if not conversation.is_group:
        return Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    if actor_id not in (user_id, conversation.owner_id):
        return Forbidden()
    return None


def heir(conversation: Conversation, leaving_id: int) -> int | None:
    """Who owns the group after somebody left: the same, or who has been there longest."""
    if conversation.owner_id != leaving_id:
        return conversation.owner_id
    return next(iter(conversation.others(leaving_id)), None)
