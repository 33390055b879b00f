"""Sending and reading messages."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from chassis import logs
from chassis.group_commit import Settle
from chassis.hot import Promise
from chassis.outbox import Outbox, Pending
from chat_service import views
from chat_service.actions import showing
from chat_service.actions.access import Room
from chat_service.actions.chat import Chat
from chat_service.domain import content
from chat_service.kept import Kept
from chat_service.store import messages as store
from chat_service.store import previews, threads
from chat_service.unfurl.unfurler import Noticed
from contracts import topics
from contracts.errors import ErrorCode, NotFound
from contracts.events.base import BETWEEN, Route, heading, pack
from contracts.events.message import MessageCreate
from contracts.identity import Identity
from contracts.permissions import Permission

SENDING = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES
_HASTY = Permission.MANAGE_MESSAGES | Permission.MANAGE_CHANNELS | Permission.BYPASS_SLOWMODE


def create(chat: Chat, actor: Identity, channel_id: int, said: views.Said) -> Promise | None:
    """Store a message that is nothing but text, and tell everybody who may see it. Its JSON is
    promised for after the commit.

    Nothing has to be waited for before that. None: who speaks where is not known yet, or there is
    more to it than text; then composing.py takes it.
    """
    content.check(said.content)
    if "@" in said.content:
        return None
    room = chat.access.known(actor, channel_id, needs=SENDING)
    if room is None or room.is_watched or is_slow(room.channel.rate_limit_per_user, room.granted):
        return None
    return submit(chat, room, said)


def is_slow(slowmode: int, granted: Permission) -> bool:
    """Whether a slowmode is for whoever speaks."""
    return bool(slowmode) and not granted & _HASTY


def submit(chat: Chat, room: Room, said: views.Said) -> Promise:
    """Have it written with whatever else is written now."""
    voice, created, event_id = room.voice, chat.clock.now(), chat.outbox.next_id()
    head = heading(voice.address, event_id=event_id, trace=logs.request_id.get())
    rest = views.following(voice.opening, said, created)
    draft = store.Draft(
        channel_id=room.channel.id,
        author_id=room.speaker.member.user.id,
        nonce=None if said.nonce is None else str(said.nonce),
        content=said.content,
        flags=said.flags,
        mention_everyone=said.mention_everyone,
        created=created,
        event_id=event_id,
        topic=voice.topic,
        record=(head + views.OPENING, rest + voice.closing),
    )
    return promise(chat, draft, rest, said.nonce)


def promise(chat: Chat, draft: store.Draft, rest: bytes, nonce: str | int | None) -> Promise:
    """The answer to a send: `rest` is the message's JSON but for the id, which is not known yet."""

    def render(stored: store.Stored) -> bytes | Coroutine[Any, Any, bytes]:
        if stored.outbox_id is None:
            return said_before(chat, draft.channel_id, stored.message_id, nonce)
        return b"%b%d%b}" % (views.OPENING, stored.message_id, rest)

    return Promise(chat.commits.submit(draft), render)


async def said_before(
    chat: Chat, channel_id: int, message_id: int, nonce: str | int | None
) -> bytes:
    """The message that the same nonce has made, unless it was deleted since."""
    first = await store.one(chat.database.pool, channel_id, message_id)
    if first is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return (await showing.shown(chat, first.author_id, [first], nonce=nonce))[0]


async def write(
    kept: Kept, outbox: Outbox, noticed: Noticed, drafts: Sequence[store.Draft]
) -> Settle[store.Stored]:
    """One batch of the group commit, stored and committed; settled, it is published as well."""
    unique: dict[tuple[int, int, str], store.Draft] = {}
    for draft in drafts:
        if draft.nonce is not None:
            unique.setdefault((draft.channel_id, draft.author_id, draft.nonce), draft)
    chosen = [draft for draft in drafts if _first(unique, draft) is draft] if unique else drafts
    firsts = _blocks(outbox, chosen)
    async with kept.use() as connection:
        try:
            stored = await _insert(connection, chosen, firsts, outbox.number, noticed)
        except asyncpg.UniqueViolationError:
            # Another process stored one of the nonces in this very moment: now it is known.
            stored = await _insert(connection, chosen, firsts, outbox.number, noticed)

    def settle() -> Sequence[store.Stored]:
        outbox.publish(_told(chosen, stored))
        for draft, row in _linked(noticed, chosen, stored):
            noticed.remind(draft.channel_id, row.message_id)
        if len(chosen) == len(drafts):
            return stored
        results = {draft.event_id: row for draft, row in zip(chosen, stored, strict=True)}
        return [_result(draft, _first(unique, draft), results) for draft in drafts]

    return settle


async def _insert(
    connection: store.Connection,
    drafts: Sequence[store.Draft],
    firsts: Sequence[int],
    owner: int,
    noticed: Noticed,
) -> list[store.Stored]:
    if not any(draft.is_in_thread or noticed.wants(draft.content) for draft in drafts):
        return await store.insert(connection, drafts, firsts, owner)
    async with connection.transaction():
        stored = await store.insert(connection, drafts, firsts, owner)
        sent: dict[int, list[tuple[int, datetime]]] = {}
        for draft, row in zip(drafts, stored, strict=True):
            if draft.is_in_thread and row.outbox_id is not None:
                sent.setdefault(draft.channel_id, []).append((row.message_id, draft.created))
        if sent:
            await threads.tally(connection, sent)
        linked = _linked(noticed, drafts, stored)
        if linked:
            places = [(draft.channel_id, row.message_id, draft.created) for draft, row in linked]
            await previews.wish_for(connection, places)
    return stored


def _linked(
    noticed: Noticed, drafts: Sequence[store.Draft], stored: Sequence[store.Stored]
) -> list[tuple[store.Draft, store.Stored]]:
    """New messages whose links are to be looked at."""
    return [
        (draft, row)
        for draft, row in zip(drafts, stored, strict=True)
        if row.outbox_id is not None and noticed.wants(draft.content)
    ]


def _told(chosen: Sequence[store.Draft], stored: Sequence[store.Stored]) -> list[Pending]:
    """What lies in the outbox, row by row."""
    bundles: dict[int, tuple[store.Draft, list[bytes]]] = {}
    for draft, row in zip(chosen, stored, strict=True):
        if row.outbox_id is not None:
            head, tail = draft.record
            _, records = bundles.setdefault(row.outbox_id, (draft, []))
            records.append(b"%b%d%b" % (head, row.message_id, tail))
    return [
        Pending(topics.Topic(first.topic), BETWEEN.join(records), first.event_id, row_id)
        for row_id, (first, records) in bundles.items()
    ]


def _first(unique: Mapping[tuple[int, int, str], store.Draft], draft: store.Draft) -> store.Draft:
    """The draft of this batch that its nonce is stored with."""
    if draft.nonce is None:
        return draft
    return unique[draft.channel_id, draft.author_id, draft.nonce]


def _result(
    draft: store.Draft, chosen: store.Draft, results: Mapping[int, store.Stored]
) -> store.Stored:
    row = results[chosen.event_id]
    return row if draft is chosen else store.Stored(row.message_id, None)


def _blocks(outbox: Outbox, drafts: Sequence[store.Draft]) -> list[int]:
    counts: dict[int, int] = {}
    for draft in drafts:
        counts[draft.channel_id] = counts.get(draft.channel_id, 0) + 1
    first = {channel: outbox.block(count) for channel, count in counts.items()}
    return [first[draft.channel_id] for draft in drafts]


def record(route: Route, rest: bytes, face: bytes, event_id: int) -> tuple[bytes, bytes]:
    """The event of a message in a guild, in two parts: between them belongs the id."""
    name, trace = MessageCreate.__name__, logs.request_id.get()
    head = pack(name, route, views.OPENING, event_id=event_id, trace=trace)
    return head, b"%b%b}" % (rest, views.in_guild(route.guild_id or 0, face))
