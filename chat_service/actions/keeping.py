"""People save messages for themselves. What they may no longer read is not shown, and what is
deleted is saved no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chat_service import store
from chat_service.actions import showing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import enter
from contracts import limits
from contracts.errors import Conflict, ErrorCode, Forbidden, NotFound
from contracts.events.inbox import SavedMessageCreate, SavedMessageDelete
from contracts.identity import Identity
from contracts.ids import ChannelId, GuildId, MessageId, UserId
from contracts.objects.message import Message as MessageShape
from contracts.permissions import READING


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved message, and when it was saved."""

    message: MessageShape
    at: datetime


async def readable(
    chat: Chat, actor: Identity, channel_ids: Iterable[int]
) -> dict[int, GuildId | None]:
    """Those of these channels in which somebody may read, and whose they are."""
    found = {}
    for channel_id in set(channel_ids):
        with suppress(Forbidden, NotFound):
            found[channel_id] = (await enter(chat, actor, channel_id, needs=READING)).guild_id
    return found


async def page(
    chat: Chat, actor: Identity, *, before: datetime | None, limit: int
) -> tuple[list[Kept], bool]:
    """What is saved, the latest first, and whether there is more."""
    pool = chat.database.pool
    found = await store.saving.page(pool, actor.user_id, before, limit + 1)
    places = await readable(chat, actor, (one.channel_id for one in found[:limit]))
    keys = [(one.channel_id, one.message_id) for one in found[:limit] if one.channel_id in places]
    messages = await store.messages.some(pool, keys)
    shown = await showing.shapes(chat, actor.user_id, messages)
    by_key = {(int(one.channel_id), int(one.id)): one for one in shown}
    kept = [
        Kept(message, one.at)
        for one in found[:limit]
        if (message := by_key.get((one.channel_id, one.message_id))) is not None
    ]
    return kept, len(found) > limit


async def save(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> None:
    """Save a message that one may read."""
    await enter(chat, actor, channel_id, needs=READING)
    async with chat.units.open(actor) as unit:
        # Held, so that it is not deleted meanwhile.
        if await store.writing.hold(unit, channel_id, message_id) is None:
            raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
        if await store.saving.count(unit, actor.user_id) >= limits.SAVED_MESSAGES:
            raise Conflict(message="Maximum number of saved messages reached")
        if await store.saving.save(unit, actor.user_id, channel_id, message_id):
            saved = SavedMessageCreate(
                user_id=UserId(actor.user_id),
                channel_id=ChannelId(channel_id),
                message_id=MessageId(message_id),
                saved_at=unit.now,
            )
            unit.emit(saved)


async def unsave(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> None:
    """Save it no longer; it may be in a channel that one sees no more."""
    async with chat.units.open(actor) as unit:
        if await store.saving.unsave(unit, actor.user_id, channel_id, message_id):
            gone = SavedMessageDelete(
                user_id=UserId(actor.user_id),
                channel_id=ChannelId(channel_id),
                message_id=MessageId(message_id),
            )
            unit.emit(gone)
