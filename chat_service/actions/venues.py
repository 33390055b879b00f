"""Wherever people talk: a guild's channel or a conversation of their own, entered by one door."""

from __future__ import annotations

from dataclasses import dataclass

from chat_service import store
from chat_service.actions.access import Room
from chat_service.actions.chat import Chat
from chat_service.domain.conversations import Conversation
from chat_service.people import gone
from contracts import topics
from contracts.errors import ErrorCode, Forbidden, NotFound, Unauthorized
from contracts.identity import Identity, Kind
from contracts.ids import ChannelId, GuildId
from contracts.objects.channel import Channel
from contracts.objects.member import Member
from contracts.objects.user import User
from contracts.permissions import CONVERSING, Permission, holds
from contracts.topics import Topic


@dataclass(frozen=True, slots=True)
class Venue:
    """Where somebody was let in, what they may do there, and who hears of it."""

    channel_id: ChannelId
    guild_id: GuildId | None
    user: User
    granted: Permission
    heard_on: tuple[Topic, ...]
    member: Member | None = None
    channel: Channel | None = None
    """In a guild."""
    conversation: Conversation | None = None

    @classmethod
    def private(cls, conversation: Conversation, user: User) -> Venue:
        """A conversation that somebody is in."""
        return cls(
            channel_id=ChannelId(conversation.id),
            guild_id=None,
            user=user,
            granted=CONVERSING,
            heard_on=tuple(topics.user(one) for one in conversation.people),
            conversation=conversation,
        )

    def may(self, needed: Permission) -> bool:
        """Whether every needed bit is granted."""
        return holds(self.granted, needed)

    def require(self, needed: Permission) -> None:
        """Raise unless every needed bit is granted."""
        if not self.may(needed):
            raise Forbidden


async def enter(
    chat: Chat, actor: Identity, channel_id: int, *, needs: Permission = Permission.VIEW_CHANNEL
) -> Venue:
    """Let the actor in, if they see it and hold what is needed there."""
    if actor.kind is Kind.NOBODY:
        raise Unauthorized
    if chat.facts.place(channel_id) is None:
        # A guild's channel is remembered, so only conversations cost a look each time.
        conversation = await store.conversations.one(chat.database.pool, channel_id)
        if conversation is not None:
            venue = await _private(chat, actor.user_id, conversation)
            venue.require(needs)
            return venue
    return in_guild(await chat.access.channel(actor, channel_id, needs=needs))


def in_guild(room: Room) -> Venue:
    """A guild's channel that somebody was let into."""
    return Venue(
        channel_id=room.channel.id,
        guild_id=GuildId(room.guild_id),
        user=room.speaker.member.user,
        granted=room.granted,
        heard_on=(topics.guild(room.guild_id),),
        member=room.speaker.member,
        channel=room.channel,
    )


async def _private(chat: Chat, user_id: int, conversation: Conversation) -> Venue:
    if conversation.seat(user_id) is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    faces = await chat.people.faces([user_id])
    return Venue.private(conversation, faces.get(user_id) or gone(user_id))
