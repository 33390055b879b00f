"""People react to messages, and take it back."""

from __future__ import annotations

from chat_service import store, views
from chat_service.actions import conversations, standing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter, unattended
from chat_service.domain import emojis
from chat_service.domain.emojis import Emoji
from chat_service.people import gone
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts import limits
from contracts.errors import DomainError, ErrorCode, Forbidden, NotFound
from contracts.events.reaction import (
    ReactionAdd,
    ReactionRemove,
    ReactionRemoveAll,
    ReactionRemoveEmoji,
)
from contracts.identity import NOBODY, Identity
from contracts.ids import EmojiId, MessageId, UserId
from contracts.objects.user import User
from contracts.permissions import READING, Permission
from contracts.rpc.community import FindEmoji


async def add(chat: Chat, actor: Identity, channel_id: int, message_id: int, name: str) -> None:
    """React. With an emoji that is there already, reading is enough."""
    emoji = _emoji(name)
    venue = await enter(chat, actor, channel_id, needs=READING)
    venue.require_awake()
    await conversations.welcomed(chat, venue)
    async with chat.units.open(actor) as unit:
        message = await _held(unit, venue, message_id)
        there = await store.reactions.kinds(unit, message)
        known = there.get(emoji.key)
        if known is None:
            venue.require(Permission.ADD_REACTIONS)
            if len(there) >= limits.REACTION_KINDS:
                raise DomainError(ErrorCode.MAX_REACTIONS)
            known = await usable(chat, venue, emoji)
        if await store.reactions.add(unit, message, known, venue.user.id):
            unit.emit(_added(venue, message, known), to=venue.heard_on)


async def remove(
    chat: Chat, actor: Identity, channel_id: int, message_id: int, name: str, whose: int
) -> None:
    """Take one's own reaction back, or another's away."""
    emoji = _emoji(name)
    venue = await enter(chat, actor, channel_id, needs=READING)
    if whose != actor.user_id:
        venue.require(Permission.MANAGE_MESSAGES)
    async with chat.units.open(actor) as unit:
        message = await _held(unit, venue, message_id)
        known = (await store.reactions.kinds(unit, message)).get(emoji.key)
        if known is not None and await store.reactions.remove(unit, message, known, whose):
            unit.emit(_removed(venue, message, known, whose), to=venue.heard_on)


async def retract(chat: Chat, channel_id: int, message_id: int, user_id: int) -> None:
    """Take all back that somebody left under a message, whose account is gone."""
    venue = await unattended(chat, channel_id, gone(user_id))
    async with chat.units.open(NOBODY) as unit:
        message = await store.writing.hold(unit, channel_id, message_id)
        if message is None:
            return
        kinds = await store.reactions.kinds(unit, message)
        for key in await store.reactions.of(unit, message, user_id):
            await store.reactions.remove(unit, message, kinds[key], user_id)
            if venue is not None:
                unit.emit(_removed(venue, message, kinds[key], user_id), to=venue.heard_on)


async def clear(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> None:
    """Take all reactions away."""
    venue = await enter(chat, actor, channel_id, needs=READING | Permission.MANAGE_MESSAGES)
    async with chat.units.open(actor) as unit:
        message = await _held(unit, venue, message_id)
        await store.reactions.clear(unit, message)
        cleared = ReactionRemoveAll(
            channel_id=venue.channel_id, guild_id=venue.guild_id, message_id=MessageId(message_id)
        )
        unit.emit(cleared, to=venue.heard_on)


async def clear_kind(
    chat: Chat, actor: Identity, channel_id: int, message_id: int, name: str
) -> None:
    """Take all reactions with one emoji away."""
    emoji = _emoji(name)
    venue = await enter(chat, actor, channel_id, needs=READING | Permission.MANAGE_MESSAGES)
    async with chat.units.open(actor) as unit:
        message = await _held(unit, venue, message_id)
        known = (await store.reactions.kinds(unit, message)).get(emoji.key)
        if known is None:
            return
        await store.reactions.remove_kind(unit, message, known)
        cleared = ReactionRemoveEmoji(
            channel_id=venue.channel_id,
            guild_id=venue.guild_id,
            message_id=MessageId(message_id),
            emoji=views.emoji(known),
        )
        unit.emit(cleared, to=venue.heard_on)


async def who(
    chat: Chat,
    actor: Identity,
    channel_id: int,
    message_id: int,
    name: str,
    *,
    after: int,
    limit: int,
) -> list[User]:
    """Those who reacted with an emoji, by id."""
    emoji = _emoji(name)
    venue = await enter(chat, actor, channel_id, needs=READING)
    pool = chat.database.pool
    message = await store.messages.one(pool, venue.channel_id, message_id)
    if message is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    people = await store.reactions.who(pool, message, emoji, after=after, limit=limit)
    faces = await chat.people.faces(people)
    return [faces.get(one) or gone(one) for one in people]


def _emoji(name: str) -> Emoji:
    emoji = emojis.read(name)
    if emoji is None:
        raise NotFound(ErrorCode.UNKNOWN_EMOJI)
    return emoji


async def usable(chat: Chat, venue: Venue, emoji: Emoji) -> Emoji:
    """An emoji that nobody has used there yet, if it may be used."""
    if emoji.id is None:
        return emoji
    found = await chat.calls.ask(FindEmoji(emoji_id=EmojiId(emoji.id)))
    if found.emoji is None:
        raise NotFound(ErrorCode.UNKNOWN_EMOJI)
    is_ours = found.guild_id == venue.guild_id
    if not is_ours and not venue.may(Permission.USE_EXTERNAL_EMOJIS):
        raise Forbidden
    if found.emoji.roles:
        who, guild_id = int(venue.user.id), int(found.guild_id or 0)
        member = venue.member if is_ours else await standing.member_of(chat, guild_id, who)
        if member is None or set(member.roles).isdisjoint(found.emoji.roles):
            raise Forbidden
    return Emoji(found.emoji.name, int(found.emoji.id), found.emoji.animated)


def _added(venue: Venue, message: Message, emoji: Emoji) -> ReactionAdd:
    return ReactionAdd(
        user_id=venue.user.id,
        channel_id=venue.channel_id,
        guild_id=venue.guild_id,
        message_id=MessageId(message.id),
        message_author_id=UserId(message.author_id),
        emoji=views.emoji(emoji),
        member=venue.member,
    )


def _removed(venue: Venue, message: Message, emoji: Emoji, whose: int) -> ReactionRemove:
    return ReactionRemove(
        user_id=UserId(whose),
        channel_id=venue.channel_id,
        guild_id=venue.guild_id,
        message_id=MessageId(message.id),
        emoji=views.emoji(emoji),
    )


async def _held(unit: Unit, venue: Venue, message_id: int) -> Message:
    message = await store.writing.hold(unit, venue.channel_id, message_id)
    if message is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return message
