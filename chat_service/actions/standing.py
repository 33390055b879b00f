"""Places of those who speak without coming as somebody: webhooks, and applications that answer.
What they may do there is known beforehand; that the place is still there is seen here.
"""

from __future__ import annotations

from dataclasses import replace

from chat_service import store
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.people import gone
from contracts import topics
from contracts.errors import ErrorCode, Forbidden, NotFound
from contracts.events.base import Hearing, Inside
from contracts.guild_facts import GuildFacts, permissions_in
from contracts.ids import ChannelId, GuildId
from contracts.objects.channel import POSTED, TALKABLE, Channel
from contracts.objects.member import Member
from contracts.objects.user import User
from contracts.permissions import NONE, POSTING, Permission


async def in_guild(chat: Chat, guild_id: int, channel_id: int, who: User) -> Venue:
    """A channel or a thread of a guild."""
    facts, channel = await _channel(chat, guild_id, channel_id)
    here = _here(guild_id, channel_id, channel, who)
    if channel is not None:
        if channel.type not in TALKABLE:
            raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
        return here
    seat = await store.threads.seat(chat.database.pool, channel_id, int(who.id))
    if seat is None or seat.thread.guild_id != guild_id:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    return replace(
        here,
        channel=facts.channels.get(ChannelId(seat.thread.parent_id)),
        heard_on=Hearing.within(topics.guild(guild_id), Inside(seat.thread.parent_id, seat.people)),
        thread=seat.thread,
        is_in_thread=True,
    )


async def in_forum(chat: Chat, guild_id: int, channel_id: int, who: User) -> Venue | None:
    """A channel in which only posts can be begun; None if it is no such one."""
    _, channel = await _channel(chat, guild_id, channel_id)
    if channel is None or channel.type not in POSTED:
        return None
    return _here(guild_id, channel_id, channel, who)


def _here(guild_id: int, channel_id: int, channel: Channel | None, who: User) -> Venue:
    return Venue(
        channel_id=ChannelId(channel_id),
        guild_id=GuildId(guild_id),
        user=who,
        granted=POSTING,
        heard_on=Hearing((topics.guild(guild_id),)),
        channel=channel,
        is_account=False,
    )


async def of_application(
    chat: Chat, application_id: int, guild_id: int | None, channel_id: int
) -> Venue:
    """Where an application answers, as its bot."""
    faces = await chat.people.faces([application_id])
    bot = faces.get(application_id) or gone(application_id)
    if guild_id is None:
        conversation = await store.conversations.one(chat.database.pool, channel_id)
        if conversation is None:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        return Venue.private(conversation, bot)
    venue = await in_guild(chat, guild_id, channel_id, bot)
    member = await member_of(chat, guild_id, application_id)
    shouting = await permissions(chat, venue, application_id, member) & Permission.MENTION_EVERYONE
    granted = POSTING & ~Permission.MENTION_EVERYONE | shouting
    return replace(venue, member=member, granted=granted, is_account=True)


async def member_of(chat: Chat, guild_id: int, user_id: int) -> Member | None:
    """Somebody in a guild, if they are in it."""
    try:
        return (await chat.facts.speakers.get((guild_id, user_id))).member
    except NotFound:
        return None


async def permissions(chat: Chat, venue: Venue, user_id: int, member: Member | None) -> Permission:
    """What a member may do in a place of a guild."""
    if venue.guild_id is None or venue.channel is None or member is None:
        return NONE
    return permissions_in(
        await chat.facts.guilds.get(venue.guild_id),
        user_id,
        member,
        chat.clock.now(),
        channel_id=venue.channel.id,
        is_thread=venue.thread is not None,
    )


async def _channel(chat: Chat, guild_id: int, channel_id: int) -> tuple[GuildFacts, Channel | None]:
    facts = await chat.facts.guilds.get(guild_id)
    if ChannelId(channel_id) not in facts.channels and not chat.facts.is_thread(channel_id):
        # The channel may be younger than our copy: its event is still on the way.
        chat.facts.guilds.drop(guild_id)
        facts = await chat.facts.guilds.get(guild_id)
    return facts, facts.channels.get(ChannelId(channel_id))
