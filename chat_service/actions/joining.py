"""People come into threads and leave them: by themselves, by another's hand, and with a message,
which lets in its author and whom it mentions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from chat_service import store, views
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.domain import threads as rules
from chat_service.domain.threads import Thread
from chat_service.store.thread_members import Membership
from chat_service.tools import Unit
from contracts import limits, topics
from contracts.errors import ErrorCode, NotFound
from contracts.events.base import Hearing, Inside
from contracts.events.thread import (
    AddedMember,
    ThreadHidden,
    ThreadMembersUpdate,
    ThreadMemberUpdate,
    ThreadShown,
    ThreadUpdate,
)
from contracts.guild_facts import permissions_in
from contracts.ids import ChannelId, GuildId, UserId
from contracts.objects.member import Member
from contracts.permissions import Permission, holds
from contracts.rpc.community import GetMembers


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
    venue = await held(unit, venue)
    assert venue.thread is not None
    if refusal := rules.can_write(venue.thread, venue.granted):
        raise refusal
    if venue.thread.is_archived:
        awake = rules.changed(venue.thread, {"is_archived": False}, unit.now)
        await store.threads.change(unit, awake)
        venue = replace(venue, thread=awake)
        unit.emit(views.event(ThreadUpdate, views.thread(awake)), to=venue.heard_on)
    return await let_in(unit, venue, arriving)


async def held(unit: Unit, venue: Venue) -> Venue:
    """The same thread as it is now, changed by nobody else until this unit ends."""
    assert venue.thread is not None
    thread = await store.threads.hold(unit, venue.thread.id)
    if thread is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    people = await store.thread_members.people(unit, thread.id) if thread.is_private else None
    return replace(venue, thread=thread, heard_on=hearing(thread, people))


def hearing(thread: Thread, people: Sequence[int] | None) -> Hearing:
    """Where it is told what happens in a thread, and to whom of a private one."""
    inside = Inside(thread.parent_id, None if people is None else tuple(people))
    return Hearing.within(topics.guild(thread.guild_id), inside)


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
    people = None if inside is None or inside.hearers is None else (*inside.hearers, *added)
    venue = replace(venue, thread=thread, heard_on=hearing(thread, people))
    comers = [Membership(thread.id, one, unit.now) for one in added]
    if thread.is_private:
        _show(unit, thread, comers)
    arrivals = tuple(
        AddedMember.model_validate(dict(views.thread_member(one, member=by_id[one.user_id])))
        for one in comers
    )
    _tell(unit, venue, added=arrivals)
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
    _tell(unit, replace(venue, thread=thread), removed=(UserId(user_id),))
    if thread.is_private and not governs:
        gone = ThreadHidden(
            id=ChannelId(thread.id),
            guild_id=GuildId(thread.guild_id),
            parent_id=ChannelId(thread.parent_id),
            type=thread.type,
        )
        unit.emit(gone, to=hearing(thread, (user_id,)))


def tell_own(unit: Unit, venue: Venue, one: Membership) -> None:
    """Tell somebody's own devices how they are in a thread."""
    assert venue.thread is not None
    shown = views.thread_member(one, is_own=True)
    told = views.event(ThreadMemberUpdate, shown, guild_id=venue.thread.guild_id)
    unit.emit(told, to=venue.heard_on)


def _show(unit: Unit, thread: Thread, comers: Sequence[Membership]) -> None:
    for one in comers:
        shown = views.thread(thread, views.thread_member(one, is_own=True))
        unit.emit(views.event(ThreadShown, shown), to=hearing(thread, (one.user_id,)))


def _tell(
    unit: Unit,
    venue: Venue,
    *,
    added: tuple[AddedMember, ...] = (),
    removed: tuple[UserId, ...] = (),
) -> None:
    assert venue.thread is not None
    thread = venue.thread
    told = ThreadMembersUpdate(
        id=ChannelId(thread.id),
        guild_id=GuildId(thread.guild_id),
        parent_id=ChannelId(thread.parent_id),
        member_count=thread.member_count,
        added_members=added,
        removed_member_ids=removed,
    )
    unit.emit(told, to=venue.heard_on)
