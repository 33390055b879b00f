"""What becomes of threads without anybody's hand: they fall asleep, and they go with their channels
and with the people who leave.
"""

from __future__ import annotations

from dataclasses import replace

from chat_service import store
from chat_service.actions import joining, thread_state
from chat_service.actions.chat import Chat
from chat_service.domain.threads import Thread
from chat_service.store.removals import Removal
from chat_service.tools import Unit
from contracts.events.base import Hearing
from contracts.identity import NOBODY
from contracts.objects.thread import ThreadFlag

_AT_ONCE = 200
_LATEST = 10_000
"""Threads in which a banned person may have written, at most."""


async def archive_some(chat: Chat) -> bool:
    """Let some threads sleep that are due; False when none is left. Whoever sends into one just now
    puts it off long before: a send takes seconds, and these are due for a minute at least.
    """
    async with chat.units.open(NOBODY) as unit:
        due = await store.threads.overdue(unit, _AT_ONCE, ThreadFlag.PINNED)
        await store.threads.archive(unit, [thread.id for thread in due])
        people = await store.thread_members.people_of(
            unit, [thread.id for thread in due if thread.is_private]
        )
        for thread in due:
            asleep = replace(thread, is_archived=True, changed=unit.now)
            heard_on = thread_state.hearing(asleep, _people(asleep, people))
            thread_state.tell_changed(unit, asleep, heard_on)
    return len(due) == _AT_ONCE


async def go_with_channel(unit: Unit, channel_id: int) -> bool:
    """Some threads of a channel that is gone go as well; whether there were any. What is known of
    what was spoken there goes at once.
    """
    hanging = await store.threads.hanging(unit, channel_id, _AT_ONCE)
    if hanging:
        await store.removals.of_channel(unit, *hanging)
        await store.thread_members.forget(unit, hanging)
        await store.threads.remove(unit, hanging)
    await store.recordings.forget_channel(unit, channel_id)
    await store.visits.forget_channel(unit, channel_id)
    return bool(hanging)


async def talked_in(unit: Unit, guild_id: int, user_id: int, begin_id: int) -> list[Removal]:
    """What somebody may have written in threads of a guild since."""
    found = await store.threads.talked_in(unit, guild_id, begin_id, _LATEST)
    now = unit.new_id()
    return [Removal(0, thread.id, guild_id, user_id, begin_id, now) for thread in found]


async def place_of(unit: Unit, channel_id: int) -> Hearing | None:
    """Where it is told what happens in a channel, if that is a thread."""
    thread = await store.threads.fresh(unit, channel_id)
    if thread is None:
        return None
    people = await store.thread_members.people(unit, thread.id) if thread.is_private else None
    return thread_state.hearing(thread, people)


async def leave_all(chat: Chat, guild_id: int, user_id: int) -> None:
    """Somebody is no more in a guild, and in none of its threads."""
    while await joining.forget(chat, guild_id, user_id):
        pass


def _people(thread: Thread, people: dict[int, tuple[int, ...]]) -> tuple[int, ...] | None:
    return people.get(thread.id, ()) if thread.is_private else None
