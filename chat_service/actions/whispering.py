"""Answers that only who asked sees. They are told on that person's topic, stand in no history, and
are kept only as long as they can be changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chat_service import store, views
from chat_service.actions import attaching, changing, showing
from chat_service.actions.changing import Changes, Edit
from chat_service.actions.chat import Chat
from chat_service.actions.composing import Composed
from chat_service.actions.venues import Venue
from chat_service.domain.interactions import EPHEMERAL
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts import topics
from contracts.errors import ErrorCode, NotFound
from contracts.events.interaction import WhisperChanged, Whispered, WhisperGone
from contracts.identity import Identity
from contracts.ids import MessageId
from contracts.wire import JSON


async def put(unit: Unit, venue: Venue, user_id: int, composed: Composed) -> Message:
    """Tell one person, and keep it for a while."""
    flags = composed.message.flags | EPHEMERAL
    message = _to_one(composed.message, id=unit.new_id(), flags=flags, created=unit.now)
    await attaching.hold(unit, venue.channel_id, message.id, composed.files)
    await store.interactions.whisper(unit, user_id, message)
    shape = views.shape(message, composed.look)
    told = views.event(Whispered, shape, **_place(venue))
    unit.emit(told, to=(topics.user(user_id),))
    return message


async def plan(
    chat: Chat, actor: Identity, venue: Venue, before: Message, changes: Changes
) -> Edit:
    """Find out what it takes to say something else instead."""
    after = _to_one(await changing.edited(chat, venue, before, changes))
    look = await showing.look(chat, int(actor.user_id), [after])
    return Edit(venue, before, after, look, is_said=True, is_linked=False)


async def carry_out(unit: Unit, user_id: int, planned: Edit) -> Message:
    """Say it; the answer as it is then."""
    before = planned.before.id
    held = await store.interactions.whispered(unit, user_id, before, for_change=True)
    if held is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    after = replace(planned.after, edited=unit.now)
    await attaching.exchange(unit, held, after)
    await store.interactions.whisper_otherwise(unit, after)
    told = views.event(WhisperChanged, views.shape(after, planned.look), **_place(planned.venue))
    unit.emit(told, to=(topics.user(user_id),))
    return after


async def delete(chat: Chat, actor: Identity, venue: Venue, user_id: int, message: Message) -> None:
    """Take it back."""
    async with chat.units.open(actor) as unit:
        await store.interactions.unwhisper(unit, message)
        gone = WhisperGone(
            id=MessageId(message.id), channel_id=venue.channel_id, guild_id=venue.guild_id
        )
        unit.emit(gone, to=(topics.user(user_id),))


def _to_one(message: Message, **how: Any) -> Message:
    """Whatever it says, it is not said to everyone."""
    return replace(message, mention_everyone=False, **how)


def _place(venue: Venue) -> JSON:
    more: JSON = {}
    if venue.guild_id is not None:
        more["guild_id"] = venue.guild_id
    if venue.member is not None:
        more["member"] = venue.member.face()
    return more
