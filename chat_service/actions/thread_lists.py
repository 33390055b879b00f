"""Which threads there are: active ones of a guild, archived ones of a channel, those looked for;
each list without what the asker does not see, and with themselves where they are in one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from chat_service import store, views
from chat_service.actions import showing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, in_guild
from chat_service.domain.threads import Thread, Wanted
from chat_service.store.threads import Seat
from contracts import limits
from contracts.errors import ErrorCode, NotFound, Unauthorized
from contracts.guild_facts import GuildFacts, permissions_in
from contracts.identity import Identity, Kind
from contracts.ids import ChannelId, GuildId, UserId
from contracts.objects.channel import THREADED
from contracts.objects.member import Member
from contracts.objects.thread import ThreadMember
from contracts.permissions import (
    NONE,
    READING,
    Permission,
    holds,
    in_private_thread,
)
from contracts.rpc.chat import ActiveThread
from contracts.wire import JSON


async def active(chat: Chat, actor: Identity, guild_id: int) -> JSON:
    """What is active in a guild and may be seen, youngest first."""
    if actor.kind is Kind.NOBODY:
        raise Unauthorized
    me = int(actor.user_id)
    try:
        speaker = await chat.facts.speakers.get((guild_id, me))
        facts = await chat.facts.guilds.get(guild_id)
    except NotFound:
        raise NotFound(ErrorCode.UNKNOWN_GUILD) from None
    found = await store.threads.active(chat.database.pool, [guild_id])
    seen = _seen(facts, speaker.member, found, chat.clock.now(), is_weak=actor.is_weak)
    return await listed(chat, me, seen[::-1])


async def archived(
    chat: Chat,
    actor: Identity,
    channel_id: int,
    *,
    is_private: bool,
    before: datetime | None,
    limit: int,
) -> JSON:
    """What is archived in a channel, latest first."""
    venue = await _enter(chat, actor, channel_id)
    if is_private:
        venue.require(Permission.MANAGE_THREADS)
    pool = chat.database.pool
    found = await store.threads.archived(pool, channel_id, before, limit + 1, is_private=is_private)
    return await listed(chat, int(actor.user_id), found, limit)


async def archived_joined(
    chat: Chat, actor: Identity, channel_id: int, *, before: int, limit: int
) -> JSON:
    """Private ones among them that one is in, youngest first."""
    await _enter(chat, actor, channel_id)
    me, pool = int(actor.user_id), chat.database.pool
    found = await store.threads.archived_joined(pool, channel_id, me, before, limit + 1)
    return await listed(chat, me, found, limit)


async def find(chat: Chat, actor: Identity, channel_id: int, wanted: Wanted) -> JSON:
    """Threads of a channel, posts above all, by name, tags and state; in the order asked for."""
    await _enter(chat, actor, channel_id)
    me = int(actor.user_id)
    async with chat.units.reading(actor) as unit:
        total, found = await store.threads.find(unit, channel_id, wanted)
    page = await listed(chat, me, found)
    pool = chat.database.pool
    firsts = await store.messages.first_of(pool, [thread.id for thread in found])
    bare = [replace(message, has_reactions=False) for message in firsts]
    shown = await showing.shapes(chat, me, bare)
    return {
        **page,
        "has_more": wanted.offset + len(found) < total,
        "total_results": total,
        "first_messages": [message.dump() for message in shown],
    }


async def of_guilds(chat: Chat, guild_ids: Sequence[GuildId]) -> list[ActiveThread]:
    """What is active in these guilds, for neighbours."""
    found = await store.threads.active(chat.database.pool, guild_ids)
    return [
        ActiveThread(
            thread=views.thread(seat.thread),
            hearers=None if seat.people is None else tuple(map(UserId, seat.people)),
        )
        for seat in found
    ]


async def memberships(chat: Chat, user_ids: Sequence[int]) -> dict[int, list[ThreadMember]]:
    """Each of these people in all active threads, for neighbours."""
    most = limits.THREAD_MEMBERSHIPS_LISTED
    found = await store.thread_members.active_of(chat.database.pool, user_ids, most)
    return {
        person: [views.thread_member(one, is_own=True) for one in mine]
        for person, mine in found.items()
    }


async def _enter(chat: Chat, actor: Identity, channel_id: int) -> Venue:
    room = await chat.access.channel(actor, channel_id, needs=READING, kinds=THREADED)
    return in_guild(room)


def _seen(
    facts: GuildFacts, member: Member, found: Collection[Seat], now: datetime, *, is_weak: bool
) -> list[Thread]:
    me = member.user.id
    granted: dict[int, Permission] = {}
    for parent_id in {seat.thread.parent_id for seat in found}:
        there = ChannelId(parent_id) in facts.channels
        granted[parent_id] = (
            permissions_in(
                facts, me, member, now, channel_id=parent_id, is_thread=True, is_weak=is_weak
            )
            if there
            else NONE
        )
    return [
        seat.thread
        for seat in found
        if holds(_in(seat, granted[seat.thread.parent_id], me), Permission.VIEW_CHANNEL)
    ]


def _in(seat: Seat, granted: Permission, me: int) -> Permission:
    if seat.people is None:
        return granted
    return in_private_thread(granted, is_member=me in seat.people)


async def listed(chat: Chat, me: int, found: Sequence[Thread], limit: int | None = None) -> JSON:
    """Threads, and oneself in them."""
    page = found if limit is None else found[:limit]
    pool = chat.database.pool
    mine = await store.thread_members.of_user(pool, me, [thread.id for thread in page])
    members = {one.thread_id: views.thread_member(one, is_own=True) for one in mine}
    return {
        "threads": [views.thread(one, members.get(one.id)).dump() for one in page],
        "members": [member.dump() for member in members.values()],
        "has_more": len(found) > len(page),
    }
