"""Stored messages as their readers see them: a few questions a page, however long it is."""

from __future__ import annotations

from collections.abc import Sequence

from chat_service import store, views
from chat_service.actions.chat import Chat
from chat_service.actions.venues import enter
from chat_service.domain import history
from chat_service.store.messages import HAS_THREAD, Message
from contracts.errors import ErrorCode, NotFound
from contracts.identity import Identity
from contracts.objects.message import Message as MessageShape
from contracts.permissions import READING


async def one(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> bytes:
    """One message as JSON."""
    await enter(chat, actor, channel_id, needs=READING)
    found = await store.messages.one(chat.database.pool, channel_id, message_id)
    if found is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return (await shown(chat, actor.user_id, [found]))[0]


async def page(chat: Chat, actor: Identity, channel_id: int, asked: dict[str, str]) -> bytes:
    """A page of history as JSON, newest first. Without the right to read history it is empty."""
    wanted = history.page(asked)
    venue = await enter(chat, actor, channel_id)
    if not venue.may(READING):
        return b"[]"
    pool, found = chat.database.pool, []
    if wanted.newer:
        newer = await store.messages.newer(pool, channel_id, wanted.below, wanted.newer)
        found = newer[::-1]
    if wanted.older:
        found += await store.messages.older(pool, channel_id, wanted.below, wanted.older)
    return b"[%b]" % b",".join(await shown(chat, actor.user_id, found))


async def shown(
    chat: Chat, reader_id: int, found: Sequence[Message], *, nonce: str | int | None = None
) -> list[bytes]:
    """Messages as JSON. What is nothing but text is put together as bytes."""
    around = await look(chat, reader_id, found)
    encoded = {message.author_id: b"" for message in found if message.is_plain}
    for author in encoded:
        encoded[author] = around.face(author).encode()
    return [
        views.stored(message, encoded[message.author_id], _said(message, around, nonce))
        if message.is_plain
        else views.shape(message, around, nonce=nonce).encode()
        for message in found
    ]


async def shapes(chat: Chat, reader_id: int, found: Sequence[Message]) -> list[MessageShape]:
    """Messages as the contract's objects."""
    around = await look(chat, reader_id, found)
    return [views.shape(message, around) for message in found]


async def look(chat: Chat, reader_id: int, found: Sequence[Message]) -> views.Look:
    """All that showing these messages takes."""
    pool = chat.database.pool
    counts, threads = {}, {}
    if reacted := [message for message in found if message.has_reactions]:
        counts = await store.reactions.counts(pool, reacted, reader_id)
    if begun := [message.id for message in found if message.flags & HAS_THREAD]:
        began = await store.threads.some(pool, begun)
        threads = {one: views.thread(thread) for one, thread in began.items()}
    referenced = {}
    if keys := {key for one in found if (key := views.referenced(one)) is not None}:
        originals = await store.messages.some(pool, list(keys))
        referenced = {original.id: original for original in originals}
    polls = {}
    if asked := [message for message in found if views.poll_in(message)]:
        polls = await store.polls.tallies(pool, asked, reader_id)
    rolls = {}
    if called := [message for message in found if views.roll_in(message)]:
        rolls = await store.attendance.counts(pool, called, reader_id)
    people = {
        user for message in (*found, *referenced.values()) for user in views.people_in(message)
    }
    faces = await chat.people.faces(people)
    return views.Look(faces, counts, referenced, threads, chat.files, polls, rolls)


def _said(message: Message, around: views.Look, nonce: str | int | None) -> views.Said:
    named = views.users_in(message)
    return views.Said(
        message.content,
        nonce,
        message.flags,
        message.mention_everyone,
        tuple(around.faces[user] for user in named if user in around.faces),
        tuple(views.roles_in(message)),
    )
