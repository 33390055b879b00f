"""What happens to a thread by what happens in it: it wakes, it is counted, everybody is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from chat_service import store, views
from chat_service.actions.venues import Venue
from chat_service.domain import threads as rules
from chat_service.domain.threads import Thread
from chat_service.tools import Unit
from contracts import limits, topics
from contracts.errors import Conflict, ErrorCode, NotFound
from contracts.events.base import Hearing, Inside
from contracts.events.thread import ThreadUpdate


def of(venue: Venue) -> Thread:
    """The thread that somebody was let into."""
    if venue.thread is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    return venue.thread


async def held(unit: Unit, venue: Venue) -> Venue:
    """The same thread as it is now, changed by nobody else until this unit ends."""
    thread = await store.threads.hold(unit, of(venue).id)
    if thread is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    people = await store.thread_members.people(unit, thread.id) if thread.is_private else None
    return replace(venue, thread=thread, heard_on=hearing(thread, people))


def hearing(thread: Thread, people: Sequence[int] | None) -> Hearing:
    """Where it is told what happens in a thread, and to whom of a private one."""
    inside = Inside(thread.parent_id, None if people is None else tuple(people))
    return Hearing.within(topics.guild(thread.guild_id), inside)


async def awake(unit: Unit, venue: Venue) -> Venue:
    """A thread that is held, woken if it slept."""
    thread = of(venue)
    if refusal := rules.can_write(thread, venue.granted):
        raise refusal
    if not thread.is_archived:
        return venue
    await require_room(unit, thread)
    thread = rules.changed(thread, {"is_archived": False}, unit.now)
    await store.threads.change(unit, thread)
    tell_changed(unit, thread, venue.heard_on)
    return replace(venue, thread=thread)


async def require_room(unit: Unit, thread: Thread) -> None:
    """Raise if one more can not be active in the guild."""
    if await store.threads.count_active(unit, thread.guild_id) >= limits.THREADS_ACTIVE:
        raise Conflict(ErrorCode.MAX_THREADS)


async def lessened(unit: Unit, thread_id: int, gone_ids: Collection[int]) -> None:
    """Messages were deleted in a channel: if it is a thread, they count no more, and none of them
    is an accepted answer.
    """
    thread = await store.threads.hold(unit, thread_id)
    if thread is None or not gone_ids:
        return
    if thread.accepted_id in gone_ids:
        await store.threads.change(unit, replace(thread, accepted_id=None))
    # A post's first message bears its id and never counted.
    removed = len(set(gone_ids) - {thread.id})
    await store.threads.count(unit, thread.id, removed=removed)
    after = await store.threads.fresh(unit, thread.id)
    assert after is not None
    people = await store.thread_members.people(unit, thread.id) if thread.is_private else None
    tell_changed(unit, after, hearing(after, people))


def tell_changed(unit: Unit, thread: Thread, heard_on: Hearing) -> None:
    """Tell everybody how a thread is now."""
    unit.emit(views.event(ThreadUpdate, views.thread(thread)), to=heard_on)
