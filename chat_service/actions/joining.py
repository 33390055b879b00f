"""People come into threads and leave them: by themselves, by another's hand, and with a message,
which lets in its author and whom it mentions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chat_service import store, views
from chat_service.actions import thread_state
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter
from chat_service.domain import threads as rules
from chat_service.domain.threads import Thread
from chat_service.store.thread_members import Membership
from chat_service.tools import Unit
from contracts import limits
from contracts.errors import DomainError, ErrorCode, NotFound
from contracts.events.base import Hearing
from contracts.events.thread import (
    AddedMember,
    ThreadHidden,
    ThreadMembersUpdate,
    ThreadMemberUpdate,
    ThreadShown,
)
from contracts.guild_facts import permissions_in
from contracts.identity import NOBODY, Identity
from contracts.ids import ChannelId, GuildId, UserId
from contracts.objects.member import Member
from contracts.objects.thread import ThreadMember
from contracts.permissions import Permission, holds
from contracts.rpc.community import GetMembers

_AT_ONCE = 100


async def coming(chat: Chat, venue: Venue, mentioned: Collection[int]) -> tuple[Member, ...]:
    """Who comes into a thread with a message. Nobody is let in who does not see the channel."""
    thread = venue.thread
    if thread is None or venue.member is None:
        return ()
    author = () if venue.is_in_thread else (venue.member,)
    called = set(mentioned) - {int(venue.user.id)}
    if not called or rules.can_let_in(
        replace(thread, is_archived=False),
        int(venue.user.id),
        venue.granted,
        is_member=venue.is_in_thread,
    ):
        return author
    called -= await store.thread_members.among_them(chat.database.pool, thread.id, called)
    return (*author, *await guests(chat, thread, called)) if called else author


async def followers(chat: Chat, thread_id: int) -> list[ThreadMember]:
    """Everybody in a thread, and how each is to be notified of it."""
    pool = chat.database.pool
    found = await store.thread_members.listed(pool, thread_id, 0, limits.THREAD_MEMBERS)
    return [views.thread_member(one, is_own=True) for one in found]


async def guests(chat: Chat, thread: Thread, user_ids: Collection[int]) -> list[Member]:
    """Those of these people who are members and see the channel that the thread hangs from."""
    guild_id = GuildId(thread.guild_id)
    asked = GetMembers(guild_id=guild_id, user_ids=tuple(map(UserId, sorted(user_ids))))
    facts, now = await chat.facts.guilds.get(thread.guild_id), chat.clock.now()
    return [
        member
        for member in (await chat.calls.ask(asked)).members
        if holds(
            permissions_in(facts, member.user.id, member, now, channel_id=thread.parent_id),
            Permission.VIEW_CHANNEL,
        )
    ]


def moves(venue: Venue, arriving: Collection[Member]) -> bool:
    """Whether a message changes more of a thread than what is counted."""
    return venue.thread is not None and (venue.thread.is_archived or bool(arriving))


async def stirred(unit: Unit, venue: Venue, arriving: Sequence[Member]) -> Venue:
    """A thread in which something is about to be said: awake, and with everybody in it."""
    if venue.thread is None:
        return venue
    venue = await thread_state.held(unit, venue)
    return await let_in(unit, await thread_state.awake(unit, venue), arriving)


async def let_in(unit: Unit, venue: Venue, arriving: Sequence[Member]) -> Venue:
    """Members come into a thread that is held; those who are in it already stay. A private thread
    appears to them first.
    """
    assert venue.thread is not None
    room = max(limits.THREAD_MEMBERS - venue.thread.member_count, 0)
    by_id = {int(member.user.id): member for member in arriving[:room]}
    added = await store.thread_members.join(unit, venue.thread.id, by_id)
    if not added:
        return venue
    thread = replace(venue.thread, member_count=venue.thread.member_count + len(added))
    inside = venue.heard_on.inside
    people = None
    if inside is not None and inside.hearers is not None:
        people = tuple(dict.fromkeys((*inside.hearers, *added)))
    venue = replace(venue, thread=thread, heard_on=thread_state.hearing(thread, people))
    comers = [Membership(thread.id, one, unit.now) for one in added]
    if thread.is_private:
        _show(unit, thread, comers)
    arrivals = tuple(
        AddedMember.model_validate(dict(views.thread_member(one, member=by_id[one.user_id])))
        for one in comers
    )
    _tell(unit, thread, venue.heard_on, added=arrivals)
    for one in comers:
        tell_own(unit, venue, one)
    return venue


async def let_go(unit: Unit, venue: Venue, user_id: int, *, governs: bool) -> None:
    """Somebody is no more in a thread that is held. A private one disappears to them, unless they
    govern threads there.
    """
    assert venue.thread is not None
    thread = venue.thread
    if not await store.thread_members.leave(unit, thread.id, user_id):
        return
    thread = replace(thread, member_count=max(thread.member_count - 1, 0))
    _tell(unit, thread, venue.heard_on, removed=(UserId(user_id),))
    if thread.is_private and not governs:
        gone = ThreadHidden(
            id=ChannelId(thread.id),
            guild_id=GuildId(thread.guild_id),
            parent_id=ChannelId(thread.parent_id),
            type=thread.type,
        )
        unit.emit(gone, to=thread_state.hearing(thread, (user_id,)))


def tell_own(unit: Unit, venue: Venue, one: Membership) -> None:
    """Tell somebody's own devices how they are in a thread."""
    assert venue.thread is not None
    shown = views.thread_member(one, is_own=True)
    told = views.event(ThreadMemberUpdate, shown, guild_id=venue.thread.guild_id)
    unit.emit(told, to=venue.heard_on)


def _show(unit: Unit, thread: Thread, comers: Sequence[Membership]) -> None:
    for one in comers:
        shown = views.thread(thread, views.thread_member(one, is_own=True))
        unit.emit(views.event(ThreadShown, shown), to=thread_state.hearing(thread, (one.user_id,)))


def _tell(
    unit: Unit,
    thread: Thread,
    heard_on: Hearing,
    *,
    added: tuple[AddedMember, ...] = (),
    removed: tuple[UserId, ...] = (),
) -> None:
    told = ThreadMembersUpdate(
        id=ChannelId(thread.id),
        guild_id=GuildId(thread.guild_id),
        parent_id=ChannelId(thread.parent_id),
        member_count=thread.member_count,
        added_members=added,
        removed_member_ids=removed,
    )
    unit.emit(told, to=heard_on)


async def join(chat: Chat, actor: Identity, channel_id: int) -> None:
    """Come into a thread that one sees."""
    venue = await enter(chat, actor, channel_id)
    _require_awake(thread_state.of(venue))
    if venue.is_in_thread or venue.member is None:
        return
    await _add(chat, actor, venue, [venue.member])


async def add(chat: Chat, actor: Identity, channel_id: int, user_id: int) -> None:
    """Take somebody into a thread; members who see its channel can be."""
    venue = await enter(chat, actor, channel_id)
    thread, me = thread_state.of(venue), int(actor.user_id)
    if refusal := rules.can_let_in(thread, me, venue.granted, is_member=venue.is_in_thread):
        raise refusal
    coming_in = await guests(chat, thread, [user_id])
    if not coming_in:
        raise NotFound(ErrorCode.UNKNOWN_MEMBER)
    await _add(chat, actor, venue, coming_in)


async def leave(chat: Chat, actor: Identity, channel_id: int) -> None:
    """Leave a thread."""
    venue = await enter(chat, actor, channel_id)
    _require_awake(thread_state.of(venue))
    governs = venue.may(Permission.MANAGE_THREADS)
    async with chat.units.open(actor) as unit:
        venue = await thread_state.held(unit, venue)
        await let_go(unit, venue, int(actor.user_id), governs=governs)


async def remove(chat: Chat, actor: Identity, channel_id: int, user_id: int) -> None:
    """Send somebody out of a thread."""
    venue = await enter(chat, actor, channel_id)
    thread = thread_state.of(venue)
    if refusal := rules.can_remove(thread, int(actor.user_id), venue.granted):
        raise refusal
    governs = await _governs(chat, thread, user_id)
    async with chat.units.open(actor) as unit:
        venue = await thread_state.held(unit, venue)
        await let_go(unit, venue, user_id, governs=governs)


async def one(
    chat: Chat, actor: Identity, channel_id: int, user_id: int, *, with_member: bool
) -> ThreadMember:
    """Somebody in a thread."""
    venue = await enter(chat, actor, channel_id)
    thread = thread_state.of(venue)
    found = await store.thread_members.one(chat.database.pool, thread.id, user_id)
    if found is None:
        raise NotFound(ErrorCode.UNKNOWN_MEMBER)
    return (await _shown(chat, actor, thread, [found], with_member=with_member))[0]


async def listed(
    chat: Chat, actor: Identity, channel_id: int, *, after: int, limit: int, with_member: bool
) -> list[ThreadMember]:
    """Those in a thread, by id."""
    venue = await enter(chat, actor, channel_id)
    thread = thread_state.of(venue)
    found = await store.thread_members.listed(chat.database.pool, thread.id, after, limit)
    return await _shown(chat, actor, thread, found, with_member=with_member)


async def settle(
    chat: Chat, actor: Identity, channel_id: int, changes: Mapping[str, Any]
) -> ThreadMember:
    """How oneself is notified of a thread."""
    venue = await enter(chat, actor, channel_id)
    thread, me = thread_state.of(venue), int(actor.user_id)
    async with chat.units.open(actor) as unit:
        mine = await store.thread_members.settle(unit, thread.id, me, **changes)
        if mine is None:
            raise NotFound(ErrorCode.UNKNOWN_MEMBER)
        tell_own(unit, venue, mine)
    return views.thread_member(mine, is_own=True)


async def forget(chat: Chat, guild_id: int, user_id: int) -> bool:
    """Somebody is no more in a guild: they leave some of its threads; whether there are more."""
    pool = chat.database.pool
    found = await store.thread_members.in_guild(pool, guild_id, user_id, _AT_ONCE)
    for thread_id in found:
        async with chat.units.open(NOBODY) as unit:
            thread = await store.threads.hold(unit, thread_id)
            if thread is None:
                continue
            people = None
            if thread.is_private:
                people = await store.thread_members.people(unit, thread_id)
            heard_on = thread_state.hearing(thread, people)
            if await store.thread_members.leave(unit, thread_id, user_id):
                count = max(thread.member_count - 1, 0)
                left = replace(thread, member_count=count)
                _tell(unit, left, heard_on, removed=(UserId(user_id),))
    return len(found) == _AT_ONCE


async def _add(chat: Chat, actor: Identity, venue: Venue, people: Sequence[Member]) -> None:
    async with chat.units.open(actor) as unit:
        venue = await thread_state.held(unit, venue)
        thread = thread_state.of(venue)
        _require_awake(thread)
        if refusal := rules.has_room(thread.member_count):
            raise refusal
        await let_in(unit, venue, people)


async def _governs(chat: Chat, thread: Thread, user_id: int) -> bool:
    facts, now = await chat.facts.guilds.get(thread.guild_id), chat.clock.now()
    call = GetMembers(guild_id=GuildId(thread.guild_id), user_ids=(UserId(user_id),))
    for member in (await chat.calls.ask(call)).members:
        granted = permissions_in(facts, user_id, member, now, channel_id=thread.parent_id)
        return holds(granted, Permission.MANAGE_THREADS)
    return False


async def _shown(
    chat: Chat, actor: Identity, thread: Thread, found: Sequence[Membership], *, with_member: bool
) -> list[ThreadMember]:
    members: dict[int, Member] = {}
    if with_member and found:
        ids = tuple(UserId(one.user_id) for one in found)
        call = GetMembers(guild_id=GuildId(thread.guild_id), user_ids=ids)
        members = {int(one.user.id): one for one in (await chat.calls.ask(call)).members}
    me = int(actor.user_id)
    return [
        views.thread_member(one, is_own=one.user_id == me, member=members.get(one.user_id))
        for one in found
    ]


def _require_awake(thread: Thread) -> None:
    if thread.is_archived:
        raise DomainError(ErrorCode.THREAD_ARCHIVED)
