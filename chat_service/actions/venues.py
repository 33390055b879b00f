"""Wherever people talk: a guild's channel, a thread of one, or a conversation of their own, entered
by one door.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from chat_service import store
from chat_service.actions.access import Room
from chat_service.actions.chat import Chat
from chat_service.domain import threads as rules
from chat_service.domain.conversations import Conversation
from chat_service.domain.threads import Thread
from chat_service.people import gone
from chat_service.store.threads import Seat
from contracts import topics
from contracts.errors import DomainError, ErrorCode, Forbidden, NotFound, Unauthorized
from contracts.events.base import Hearing, Inside
from contracts.identity import Identity, Kind
from contracts.ids import ChannelId, GuildId
from contracts.objects.channel import Channel
from contracts.objects.member import Member
from contracts.objects.user import User
from contracts.permissions import CONVERSING, NONE, Permission, holds


@dataclass(frozen=True, slots=True)
class Venue:
    """Where somebody was let in, what they may do there, and who hears of it."""

    channel_id: ChannelId
    guild_id: GuildId | None
    user: User
    granted: Permission
    heard_on: Hearing
    member: Member | None = None
    channel: Channel | None = None
    """In a guild; of a thread the channel that it hangs from."""
    conversation: Conversation | None = None
    thread: Thread | None = None
    is_in_thread: bool = False
    """Whether they are one of its members already."""
    is_account: bool = True
    """Not a webhook, which nobody can block."""

    @classmethod
    def private(cls, conversation: Conversation, user: User) -> Venue:
        """A conversation that somebody is in."""
        return cls(
            channel_id=ChannelId(conversation.id),
            guild_id=None,
            user=user,
            granted=CONVERSING,
            heard_on=Hearing(topics.user(one) for one in conversation.people),
            conversation=conversation,
        )

    @property
    def slowmode(self) -> int:
        """Seconds between the messages of one person."""
        if self.thread is not None:
            return self.thread.slowmode
        return 0 if self.channel is None else self.channel.rate_limit_per_user

    def require_awake(self) -> None:
        """Raise if what is in it can not be changed, as it is a thread that sleeps or is locked."""
        if self.thread is None:
            return
        if self.thread.is_archived:
            raise DomainError(ErrorCode.THREAD_ARCHIVED)
        if refusal := rules.can_write(self.thread, self.granted):
            raise refusal

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
        # A guild's channel is remembered, so only the others cost a look each time.
        venue = await _elsewhere(chat, actor, channel_id, needs)
        if venue is not None:
            return venue
    return in_guild(await chat.access.channel(actor, channel_id, needs=needs))


def in_guild(room: Room) -> Venue:
    """A guild's channel that somebody was let into."""
    return Venue(
        channel_id=room.channel.id,
        guild_id=GuildId(room.guild_id),
        user=room.speaker.member.user,
        granted=room.granted,
        heard_on=Hearing((topics.guild(room.guild_id),)),
        member=room.speaker.member,
        channel=room.channel,
    )


async def in_thread(
    chat: Chat, actor: Identity, seat: Seat, *, needs: Permission = Permission.VIEW_CHANNEL
) -> Venue:
    """A thread that somebody is let into, if they see it and hold what is needed."""
    thread = seat.thread
    room = await chat.access.thread(actor, thread, is_member=seat.is_member, needs=needs)
    chat.facts.note_thread(thread.id)
    inside = Inside(thread.parent_id, seat.people)
    return replace(
        in_guild(room),
        channel_id=ChannelId(thread.id),
        heard_on=Hearing.within(topics.guild(thread.guild_id), inside),
        thread=thread,
        is_in_thread=seat.is_member,
    )


async def unattended(chat: Chat, channel_id: int, author: User) -> Venue | None:
    """Where the house says something in somebody's name by itself, whether or not they are still
    there; None if the place is gone.
    """
    pool = chat.database.pool
    if (conversation := await store.conversations.one(pool, channel_id)) is not None:
        return replace(Venue.private(conversation, author), granted=NONE)
    if (seat := await store.threads.seat(pool, channel_id, 0)) is not None:
        thread = seat.thread
        heard_on = Hearing.within(
            topics.guild(thread.guild_id), Inside(thread.parent_id, seat.people)
        )
        guild_id = GuildId(thread.guild_id)
        return Venue(ChannelId(channel_id), guild_id, author, NONE, heard_on, thread=thread)
    try:
        guild_id = GuildId(await chat.facts.locate(channel_id))
    except NotFound:
        return None
    return Venue(ChannelId(channel_id), guild_id, author, NONE, Hearing((topics.guild(guild_id),)))


async def _elsewhere(
    chat: Chat, actor: Identity, channel_id: int, needs: Permission
) -> Venue | None:
    """A conversation or a thread; None if it is neither."""
    pool = chat.database.pool
    if not chat.facts.is_thread(channel_id):
        conversation = await store.conversations.one(pool, channel_id)
        if conversation is not None:
            venue = await _private(chat, actor.user_id, conversation)
            venue.require(needs)
            return venue
    seat = await store.threads.seat(pool, channel_id, int(actor.user_id))
    return None if seat is None else await in_thread(chat, actor, seat, needs=needs)


async def _private(chat: Chat, user_id: int, conversation: Conversation) -> Venue:
    if conversation.seat(user_id) is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    faces = await chat.people.faces([user_id])
    return Venue.private(conversation, faces.get(user_id) or gone(user_id))
