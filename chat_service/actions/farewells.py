"""What becomes of what somebody has left, once their account is gone: what was theirs alone goes in
any case, what they said to others only if they wanted that. A batch at a time, each of which may be
done twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

from chat_service import store
from chat_service.actions import conversations, polls, reactions
from chat_service.actions.chat import Chat
from chat_service.actions.venues import unattended
from chat_service.people import gone
from chat_service.store.farewells import Farewell, Spoken
from chat_service.store.removals import Removal
from contracts.errors import NotFound
from contracts.identity import NOBODY, Identity, Kind
from contracts.ids import UserId

Step: TypeAlias = Callable[[Chat, Farewell], Awaitable[bool]]
"""One batch of a kind; False when there is nothing left of it."""

_BEGINS_AFTER = timedelta(minutes=1)
"""An identity is good for half a minute: what was asked for at the last moment is there by then."""
_HOLD = timedelta(seconds=30)
_SOME = 100
_LOOKED_THROUGH = 20_000


async def begin(chat: Chat, user_id: int, *, with_messages: bool) -> None:
    """An account was deleted."""
    async with chat.units.open(NOBODY) as unit:
        due = unit.now + _BEGINS_AFTER
        await store.farewells.begin(unit, user_id, due, with_messages=with_messages)


async def go_on(chat: Chat) -> bool:
    """One batch of somebody's; False when nobody is due."""
    async with chat.units.open(NOBODY) as unit:
        farewell = await store.farewells.claim(unit, _HOLD)
    if farewell is None:
        return False
    for step in (*_ALWAYS, *(_WITH_MESSAGES if farewell.with_messages else ())):
        if await step(chat, farewell):
            return True
    async with chat.units.open(NOBODY) as unit:
        await store.farewells.end(unit, farewell.user_id)
    return True


async def _forget_theirs(chat: Chat, farewell: Farewell) -> bool:
    async with chat.units.open(NOBODY) as unit:
        count = await store.farewells.forget_theirs(unit, farewell.user_id, _SOME)
        if count:
            await store.farewells.go_on(unit, farewell.user_id)
    return bool(count)


async def _leave_groups(chat: Chat, farewell: Farewell) -> bool:
    async with chat.units.reading(NOBODY) as unit:
        found = await store.farewells.groups(unit, farewell.user_id, _SOME)
    leaver = Identity(UserId(farewell.user_id), 0, Kind.USER)
    for channel_id in found:
        try:
            await conversations.remove(chat, leaver, channel_id, farewell.user_id)
        except NotFound:
            continue  # removed by its owner meanwhile
    return await _went_on(chat, farewell, done=bool(found))


async def _take_reactions_back(chat: Chat, farewell: Farewell) -> bool:
    async with chat.units.reading(NOBODY) as unit:
        found = await store.farewells.reacted(unit, farewell.user_id, _SOME)
    for channel_id, message_id in found:
        await reactions.retract(chat, channel_id, message_id, farewell.user_id)
    return await _went_on(chat, farewell, done=bool(found))


async def _take_votes_back(chat: Chat, farewell: Farewell) -> bool:
    async with chat.units.reading(NOBODY) as unit:
        found = await store.farewells.voted(unit, farewell.user_id, _SOME)
    for channel_id, message_id in found:
        await polls.retract(chat, channel_id, message_id, farewell.user_id)
    return await _went_on(chat, farewell, done=bool(found))


async def _forget_attendance(chat: Chat, farewell: Farewell) -> bool:
    async with chat.units.open(NOBODY) as unit:
        await store.farewells.forget_attendance(unit, farewell.user_id)
    return False


async def _unsay(chat: Chat, farewell: Farewell) -> bool:
    """What they said is to be removed, as what a banned person said."""
    async with chat.units.reading(NOBODY) as unit:
        found, last = await store.farewells.spoken(unit, farewell, _LOOKED_THROUGH)
    if last is None:
        return False
    wanted = [await _removal(chat, farewell.user_id, one) for one in found]
    async with chat.units.open(NOBODY) as unit:
        await store.removals.of_author(unit, wanted)
        channel_id, message_id = last
        await store.farewells.go_on(
            unit, farewell.user_id, channel_id=channel_id, message_id=message_id
        )
    return True


async def _removal(chat: Chat, user_id: int, said: Spoken) -> Removal:
    venue = await unattended(chat, said.channel_id, gone(user_id))
    guild_id = None if venue is None else venue.guild_id
    return Removal(0, said.channel_id, guild_id, user_id, said.first_id, said.last_id + 1)


async def _went_on(chat: Chat, farewell: Farewell, *, done: bool) -> bool:
    if done:
        async with chat.units.open(NOBODY) as unit:
            await store.farewells.go_on(unit, farewell.user_id)
    return done


_ALWAYS: tuple[Step, ...] = (_forget_theirs, _leave_groups)
_WITH_MESSAGES: tuple[Step, ...] = (
    _take_reactions_back,
    _take_votes_back,
    _forget_attendance,
    _unsay,
)
