"""People search, in a guild or in one channel, among what they may read there. What was said a
moment ago is indexed first, so a search never misses what its asker has seen.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from chat_service import store
from chat_service.actions import showing, thread_lists
from chat_service.actions.chat import Chat
from chat_service.actions.venues import enter
from chat_service.domain.finding import Question
from contracts.errors import NotFound, Unavailable
from contracts.identity import NOBODY, Identity
from contracts.objects.message import Message as MessageShape
from contracts.permissions import READING, Permission
from contracts.wire import JSON

_AT_ONCE = 1_000
_CHANNELS_AT_ONCE = 100
_STEPS_BEFORE_AN_ANSWER = 8
"""So much is indexed while somebody waits; a longer past is said to be still on its way."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of messages, and whether more of the past is still to be indexed."""

    messages: list[MessageShape]
    total: int
    is_behind: bool
    threads: JSON
    """Those that something was found in, and the asker in them."""


async def in_guild(chat: Chat, actor: Identity, guild_id: int, question: Question) -> Found:
    """Search wherever the actor may read in a guild."""
    rooms = await chat.access.rooms(actor, guild_id, needs=READING)
    wanted = [room for room in rooms if question.include_nsfw or not room.channel.nsfw]
    places = [int(room.channel.id) for room in wanted]
    governed = [int(one.channel.id) for one in wanted if one.granted & Permission.MANAGE_THREADS]
    pool, me = chat.database.pool, int(actor.user_id)
    places += await store.finding.private_threads(pool, me, places, governed)
    return await _found(chat, actor, guild_id, places, question)


async def in_channel(chat: Chat, actor: Identity, channel_id: int, question: Question) -> Found:
    """Search in one channel or conversation."""
    venue = await enter(chat, actor, channel_id, needs=READING)
    only = replace(question, marks=(*question.marks, (f"channel:{channel_id}",)))
    place = channel_id
    if venue.thread is not None and not venue.thread.is_private:
        place = venue.thread.parent_id
    return await _found(chat, actor, venue.guild_id or channel_id, [place], only)


async def index_some(chat: Chat) -> bool:
    """Let be found what was said lately; False when nothing is left to do."""
    stale = await store.indexing.stale(chat.database.pool, _CHANNELS_AT_ONCE)
    return any([await _index(chat, channel_id) for channel_id in stale])


async def _found(
    chat: Chat, actor: Identity, scope_id: int, places: list[int], question: Question
) -> Found:
    is_behind = await _catch_up(chat, places)
    hits = await store.finding.find(chat.database.pool, scope_id, places, question)
    known = {
        (one.channel_id, one.id): one
        for one in await store.messages.some(chat.database.pool, hits.keys)
    }
    messages = [known[key] for key in hits.keys if key in known]
    shown = await showing.shapes(chat, actor.user_id, messages)
    threads = await store.threads.some(chat.database.pool, {one.channel_id for one in messages})
    listed = await thread_lists.listed(chat, int(actor.user_id), list(threads.values()))
    return Found(shown, hits.total, is_behind, listed)


async def _catch_up(chat: Chat, places: list[int]) -> bool:
    """Index what is new in these; whether that is more than somebody waits for."""
    pool, steps = chat.database.pool, 0
    with suppress(Unavailable):
        while stale := await store.indexing.stale(pool, _STEPS_BEFORE_AN_ANSWER, places):
            for channel_id in stale:
                await _index(chat, channel_id)
            steps += len(stale)
            if steps >= _STEPS_BEFORE_AN_ANSWER:
                return bool(await store.indexing.stale(pool, 1, places))
        return False
    return True


async def _index(chat: Chat, channel_id: int) -> bool:
    """Index the next messages of a channel; False if somebody else does, or nobody can tell whose
    they are.
    """
    scope = await _scope(chat, channel_id)
    async with chat.units.open(NOBODY) as unit:
        held = await store.indexing.hold(unit, channel_id)
        if held is None:
            return False
        above, head = held
        rows = await store.indexing.following(unit, channel_id, above, _AT_ONCE)
        up_to = rows[-1][0] if len(rows) == _AT_ONCE else max(head, above)
        if scope is not None and rows:
            faces = await chat.people.faces({author for _, author in rows})
            bots = [user_id for user_id, face in faces.items() if face.bot]
            span = (above, up_to)
            await store.indexing.add(unit, channel_id, scope=scope, span=span, bots=bots)
        await store.indexing.settle(unit, channel_id, up_to)
    return True


async def _scope(chat: Chat, channel_id: int) -> tuple[int, int] | None:
    """Among what a channel's messages are searched, and which channel lets one see them; None for
    a channel that is gone.
    """
    if chat.facts.place(channel_id) is None:
        conversation = await store.conversations.one(chat.database.pool, channel_id)
        if conversation is not None:
            return channel_id, channel_id
        thread = (await store.threads.some(chat.database.pool, [channel_id])).get(channel_id)
        if thread is not None:
            return thread.guild_id, channel_id if thread.is_private else thread.parent_id
    try:
        return await chat.facts.locate(channel_id), channel_id
    except NotFound:
        return None
