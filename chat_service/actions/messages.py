"""Sending and reading messages."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

import asyncpg

from chassis import logs
from chassis.hot import Promise
from chassis.outbox import Outbox
from chat_service import views
from chat_service.actions.access import Room
from chat_service.domain import content, history
from chat_service.people import gone
from chat_service.store import messages as store
from chat_service.tools import Chat
from contracts import topics
from contracts.errors import ErrorCode, NotFound
from contracts.events.base import Route, pack
from contracts.events.message import MessageCreate
from contracts.identity import Identity
from contracts.objects.user import User
from contracts.permissions import Permission

_SEND = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES
_READ = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY


def create(
    chat: Chat, actor: Identity, channel_id: int, said: views.Said
) -> Promise | Coroutine[Any, Any, bytes]:
    """Store a message and tell everybody who may see it. Its JSON is promised for after the commit.

    Nothing has to be waited for before that, if who speaks where is known already.
    """
    content.check(said.content)
    room = chat.access.known(actor, channel_id, needs=_SEND)
    if room is None or "@" in said.content:
        return _create_after_asking(chat, actor, channel_id, said)
    return _submit(chat, room, said)


async def _create_after_asking(
    chat: Chat, actor: Identity, channel_id: int, said: views.Said
) -> bytes:
    room = await chat.access.channel(actor, channel_id, needs=_SEND)
    promise = _submit(chat, room, await _with_mentions(chat, room, said))
    rendered = promise.render(await promise.future)
    return rendered if isinstance(rendered, bytes) else await rendered


def _submit(chat: Chat, room: Room, said: views.Said) -> Promise:
    created = chat.clock.now()
    rest = views.after_id(room.channel.id, room.speaker.author, said, created)
    event_id = chat.outbox.next_id()
    draft = store.Draft(
        channel_id=room.channel.id,
        author_id=room.speaker.member.user.id,
        nonce=None if said.nonce is None else str(said.nonce),
        content=said.content,
        flags=said.flags,
        mention_everyone=said.mention_everyone,
        created=created,
        event_id=event_id,
        topic=topics.guild(room.guild_id),
        record=_record(room, said, rest, event_id),
    )

    def render(stored: store.Stored) -> bytes | Coroutine[Any, Any, bytes]:
        if stored.outbox_id is None:
            return _said_before(chat, room.channel.id, stored.message_id, said.nonce)
        return b"%b%d%b}" % (views.OPENING, stored.message_id, rest)

    return Promise(chat.commits.submit(draft), render)


async def _said_before(
    chat: Chat, channel_id: int, message_id: int, nonce: str | int | None
) -> bytes:
    first = await store.one(chat.database.pool, channel_id, message_id)
    if first is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return (await _render(chat, [first], nonce=nonce))[0]


async def get(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> bytes:
    """One message as JSON."""
    await chat.access.channel(actor, channel_id, needs=_READ)
    found = await store.one(chat.database.pool, channel_id, message_id)
    if found is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return (await _render(chat, [found]))[0]


async def page(chat: Chat, actor: Identity, channel_id: int, asked: dict[str, str]) -> bytes:
    """A page of history as JSON, newest first. Without the right to read history it is empty."""
    wanted = history.page(asked)
    room = await chat.access.channel(actor, channel_id, needs=Permission.VIEW_CHANNEL)
    if not room.granted & Permission.READ_MESSAGE_HISTORY:
        return b"[]"
    found: list[store.Message] = []
    if wanted.newer:
        found = (await store.newer(chat.database.pool, channel_id, wanted.below, wanted.newer))[
            ::-1
        ]
    if wanted.older:
        found += await store.older(chat.database.pool, channel_id, wanted.below, wanted.older)
    return b"[%b]" % b",".join(await _render(chat, found))


async def write(pool: Any, outbox: Outbox, drafts: Sequence[store.Draft]) -> list[store.Stored]:
    """One batch of the group commit: stored, committed, then published."""
    unique = {_key(draft, index): draft for index, draft in reversed(list(enumerate(drafts)))}
    chosen = sorted(unique.values(), key=lambda draft: draft.event_id)
    firsts = _blocks(outbox, chosen)
    async with pool.acquire(timeout=2) as connection:
        try:
            stored = await store.insert(connection, chosen, firsts, outbox.number)
        except asyncpg.UniqueViolationError:
            # Another process stored one of the nonces in this very moment: now it is known.
            stored = await store.insert(connection, chosen, firsts, outbox.number)
    outbox.publish(
        [
            outbox.pending(
                topics.Topic(draft.topic),
                b"%b%d%b" % (draft.record[0], row.message_id, draft.record[1]),
                draft.event_id,
                row.outbox_id,
            )
            for draft, row in zip(chosen, stored, strict=True)
            if row.outbox_id is not None
        ]
    )
    results = {draft.event_id: row for draft, row in zip(chosen, stored, strict=True)}
    return [
        _result(draft, unique[_key(draft, index)], results) for index, draft in enumerate(drafts)
    ]


def _key(draft: store.Draft, index: int) -> tuple[int, int, str | int]:
    return draft.channel_id, draft.author_id, index if draft.nonce is None else draft.nonce


def _result(
    draft: store.Draft, chosen: store.Draft, results: dict[int, store.Stored]
) -> store.Stored:
    row = results[chosen.event_id]
    return row if draft is chosen else store.Stored(row.message_id, None)


def _blocks(outbox: Outbox, drafts: Sequence[store.Draft]) -> list[int]:
    counts: dict[int, int] = {}
    for draft in drafts:
        counts[draft.channel_id] = counts.get(draft.channel_id, 0) + 1
    first = {channel: outbox.block(count) for channel, count in counts.items()}
    return [first[draft.channel_id] for draft in drafts]


def _record(room: Room, said: views.Said, rest: bytes, event_id: int) -> tuple[bytes, bytes]:
    route = Route(
        guild_id=room.guild_id,
        channel_id=room.channel.id,
        author_id=room.speaker.member.user.id,
        mentions=tuple(user.id for user in said.mentions),
    )
    head = pack(
        MessageCreate.__name__,
        route,
        views.OPENING,
        event_id=event_id,
        trace=logs.request_id.get(),
    )
    return head, b"%b%b}" % (rest, views.in_guild(room.guild_id, room.speaker.face))


async def _with_mentions(chat: Chat, room: Room, said: views.Said) -> views.Said:
    if "@" not in said.content:
        return said
    users: tuple[User, ...] = ()
    if named := content.mentioned_users(said.content):
        faces = await chat.people.faces(named)
        users = tuple(faces[user] for user in named if user in faces)
    return views.Said(
        said.content,
        said.nonce,
        said.flags,
        content.mentions_everyone(said.content, room.granted),
        users,
        content.mentioned_roles(said.content),
    )


async def _render(
    chat: Chat, found: Sequence[store.Message], *, nonce: str | int | None = None
) -> list[bytes]:
    named = {user for message in found for user in content.mentioned_users(message.content)}
    faces = await chat.people.faces(named | {message.author_id for message in found})
    authors = {
        message.author_id: faces.get(message.author_id) or gone(message.author_id)
        for message in found
    }
    encoded = {user: face.encode() for user, face in authors.items()}
    return [
        views.stored(
            message,
            encoded[message.author_id],
            views.Said(
                message.content,
                nonce,
                message.flags,
                message.mention_everyone,
                tuple(
                    faces[user]
                    for user in content.mentioned_users(message.content)
                    if user in faces
                ),
                content.mentioned_roles(message.content),
            ),
        )
        for message in found
    ]
