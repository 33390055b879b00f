"""Messages are pinned, listed and unpinned."""

from __future__ import annotations

from datetime import datetime

from chat_service import store
from chat_service.actions import announcing, governing, showing
from chat_service.actions.changing import tell_changed, tell_pins
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts import limits
from contracts.errors import DomainError, ErrorCode, Forbidden, NotFound
from contracts.identity import Identity
from contracts.objects.audit import AuditAction
from contracts.permissions import READING, Permission
from contracts.wire import JSON, timestamp

PINNED = 6
"""The type of the message that tells of it."""
_PINNABLE = frozenset({0, 19, 20, 23})


async def pin(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> None:
    """Pin a message, and say so in the channel."""
    venue = await _enter(chat, actor, channel_id)
    look = await showing.look(chat, actor.user_id, await _found(chat, venue, message_id))
    async with chat.units.open(actor) as unit:
        message = await _held(unit, venue, message_id)
        if message.pinned is not None:
            return
        if message.type not in _PINNABLE:
            raise DomainError(ErrorCode.SYSTEM_MESSAGE)
        reference = {"type": 0, "channel_id": str(channel_id), "message_id": str(message_id)}
        if venue.guild_id is not None:
            reference["guild_id"] = str(venue.guild_id)
        if await store.writing.count_pins(unit, channel_id) >= limits.PINS:
            raise DomainError(ErrorCode.MAX_PINS)
        await store.writing.change(unit, message, pinned=unit.now)
        await tell_pins(unit, venue)
        pinned = await _held(unit, venue, message_id)
        tell_changed(unit, venue, pinned, look)
        await announcing.announce(unit, venue, PINNED, carries={"message_reference": reference})
        _note(unit, venue, AuditAction.MESSAGE_PIN, message)


async def unpin(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> None:
    """Unpin a message."""
    venue = await _enter(chat, actor, channel_id)
    look = await showing.look(chat, actor.user_id, await _found(chat, venue, message_id))
    async with chat.units.open(actor) as unit:
        message = await _held(unit, venue, message_id)
        if message.pinned is None:
            return
        await store.writing.change(unit, message, pinned=None)
        await tell_pins(unit, venue)
        tell_changed(unit, venue, await _held(unit, venue, message_id), look)
        _note(unit, venue, AuditAction.MESSAGE_UNPIN, message)


async def page(
    chat: Chat, actor: Identity, channel_id: int, *, before: datetime | None, limit: int
) -> JSON:
    """What is pinned, newest pin first, and whether there is more."""
    found = await _listed(chat, actor, channel_id, before=before, limit=limit + 1)
    shown = await showing.shapes(chat, actor.user_id, found[:limit])
    items = [
        {"pinned_at": timestamp(message.pinned), "message": shape.dump()}
        for message, shape in zip(found, shown, strict=False)
        if message.pinned is not None
    ]
    return {"items": items, "has_more": len(found) > limit}


async def newest(chat: Chat, actor: Identity, channel_id: int) -> bytes:
    """The newest pins as older libraries ask for them."""
    found = await _listed(chat, actor, channel_id, before=None, limit=limits.PINS_PAGE_MAX)
    return b"[%b]" % b",".join(await showing.shown(chat, actor.user_id, found))


async def _listed(
    chat: Chat, actor: Identity, channel_id: int, *, before: datetime | None, limit: int
) -> list[Message]:
    venue = await enter(chat, actor, channel_id)
    if not venue.may(READING):
        return []
    return await store.messages.pinned(chat.database.pool, channel_id, before, limit)


async def _enter(chat: Chat, actor: Identity, channel_id: int) -> Venue:
    venue = await enter(chat, actor, channel_id)
    venue.require_awake()
    # The right to pin was part of the other one before it had a bit of its own.
    if not venue.granted & (Permission.PIN_MESSAGES | Permission.MANAGE_MESSAGES):
        raise Forbidden
    return venue


async def _found(chat: Chat, venue: Venue, message_id: int) -> list[Message]:
    message = await store.messages.one(chat.database.pool, venue.channel_id, message_id)
    if message is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return [message]


async def _held(unit: Unit, venue: Venue, message_id: int) -> Message:
    message = await store.writing.hold(unit, venue.channel_id, message_id)
    if message is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return message


def _note(unit: Unit, venue: Venue, action: AuditAction, message: Message) -> None:
    where = {"channel_id": message.channel_id, "message_id": message.id}
    governing.note(unit, venue, action, message.author_id, **where)
