"""Sending whatever is more than text: mentions, embeds, components, answers, forwards. In guilds it
is written with plain messages; under slowmode and in conversations it is a unit of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from chassis.hot import Promise
from chat_service import store, views
from chat_service.actions import (
    announcing,
    attaching,
    conversations,
    joining,
    messages,
    moderating,
    questions,
    showing,
)
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter
from chat_service.domain import content, mentions
from chat_service.domain.drafts import FORWARD, Draft, Reference
from chat_service.domain.mentions import Allowed, Mentions
from chat_service.domain.polls import Ballot
from chat_service.domain.threads import can_write
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts.errors import DomainError, ErrorCode, Invalid, Slowed, Unavailable
from contracts.events.base import Route
from contracts.identity import Identity
from contracts.ids import UserId
from contracts.permissions import READING, Permission
from contracts.rpc.users import GetStandings
from contracts.wire import JSON

_DEFAULT = Allowed()
_SNAPSHOT = (
    "type",
    "content",
    "mentions",
    "mention_roles",
    "timestamp",
    "edited_timestamp",
    "flags",
)
_WITH_LINKS = ("attachments", "embeds", "components")
_HAS_SNAPSHOT = 1 << 14
_ANSWERABLE = frozenset({0, views.REPLY, 20, 23})


@dataclass(frozen=True, slots=True)
class Composed:
    """All that is known before anything is written; the message has no id yet."""

    message: Message
    nonce: str | int | None
    called: tuple[int, ...]
    """Whose badges count it: people, roles, or (@everyone) the guild."""
    mentions: Mentions
    look: views.Look
    files: Sequence[JSON] = ()
    """What it is to hold, as it keeps them."""
    ballot: Ballot | None = None


class _SaidBefore(Exception):
    """The nonce has made a message already: nothing of this unit may stay."""

    def __init__(self, message_id: int) -> None:
        self.message_id = message_id


def create(chat: Chat, actor: Identity, channel_id: int, draft: Draft) -> Promise | None:
    """A message that is nothing but text and needs no question. None: `send` takes it."""
    if not draft.is_plain:
        return None
    said = views.Said(draft.content, draft.nonce, draft.flags)
    return messages.create(chat, actor, channel_id, said)


async def send(chat: Chat, actor: Identity, channel_id: int, draft: Draft) -> bytes:
    """Store any message and tell everybody who may see it; its JSON."""
    require_sayable(draft)
    venue = await enter(chat, actor, channel_id, needs=messages.SENDING)
    return await send_in(chat, actor, venue, draft)


def require_sayable(draft: Draft) -> None:
    """Refuse what nobody may send."""
    if refusal := draft.refusal():
        raise refusal
    content.check_text(draft.content)


async def send_in(chat: Chat, actor: Identity, venue: Venue, draft: Draft) -> bytes:
    """The same where somebody was let in already."""
    channel_id = int(venue.channel_id)
    _require_kinds(venue, draft)
    faces = await conversations.welcomed(chat, venue)
    composed = await compose(chat, actor, venue, draft)
    coming = await joining.coming(chat, venue, composed.mentions.users)
    if not (_needs_a_unit(venue, composed) or joining.moves(venue, coming)):
        promise = _commit(chat, venue, composed)
        rendered = promise.render(await promise.future)
        return rendered if isinstance(rendered, bytes) else await rendered
    try:
        async with chat.units.open(actor) as unit:
            venue = await joining.stirred(unit, venue, coming)
            message = await put(unit, venue, composed)
            await conversations.revive(unit, venue, faces)
            announcing.tell(unit, venue, message, composed.look, nonce=draft.nonce)
            if chat.noticed.wants(message.content):
                await store.previews.wish(unit, message.channel_id, message.id)
    except _SaidBefore as first:
        return await messages.said_before(chat, channel_id, first.message_id, draft.nonce)
    chat.noticed.notice(message.channel_id, message.id, message.content)
    return views.shape(message, composed.look, nonce=draft.nonce).encode()


def _needs_a_unit(venue: Venue, composed: Composed) -> bool:
    has_more = bool(composed.files) or composed.ballot is not None
    return venue.conversation is not None or _is_slow(venue) or has_more


def _require_kinds(venue: Venue, draft: Draft) -> None:
    if draft.embeds:
        venue.require(Permission.EMBED_LINKS)
    if draft.reference is not None and not venue.may(Permission.READ_MESSAGE_HISTORY):
        raise DomainError(ErrorCode.REPLY_WITHOUT_HISTORY)
    if venue.thread is not None and (refusal := can_write(venue.thread, venue.granted)):
        raise refusal


async def compose(chat: Chat, actor: Identity, venue: Venue, draft: Draft) -> Composed:
    """Find out all that a message takes, and whether it may be said at all."""
    extras = _said(venue, draft)
    kind, answered = 0, None
    if draft.reference is not None:
        kind, answered, more = await _referring(chat, actor, venue, draft.reference)
        extras |= more
    ballot = None if draft.poll is None else await questions.asked(chat, venue, draft.poll)
    if ballot is not None:
        extras["poll"] = ballot.kept()
    await moderating.examine(chat, actor, venue, draft.content, extras=extras)
    files = await attaching.hung(chat, venue, draft.files, draft.flags)
    if files:
        extras["attachments"] = files
    for snapshot in extras.get("message_snapshots", ()):
        copies = await attaching.copied(chat, venue, snapshot["message"]["attachments"])
        snapshot["message"]["attachments"] = copies
        files = [*files, *copies]
    if draft.roll_call is not None:
        venue.require(Permission.SEND_POLLS)
        extras["check_in"] = draft.roll_call.roll(chat.clock.now()).kept()
        extras["components"] = draft.roll_call.with_button(draft.components)
    found = await _mentions(chat, venue, draft, answered)
    if is_worth_noting(draft.content, found):
        extras["mentions"] = [str(one) for one in found.users]
        extras["mention_roles"] = [str(one) for one in found.roles]
    message = Message(
        id=0,
        channel_id=venue.channel_id,
        author_id=venue.user.id,
        content=draft.content,
        type=kind if draft.origin is None else draft.origin.type or kind,
        flags=draft.flags | (_HAS_SNAPSHOT if draft.is_forward else 0),
        mention_everyone=found.everyone,
        created=chat.clock.now(),
        extras=extras or None,
    )
    look = await showing.look(chat, actor.user_id, [message])
    called = await _called(chat, venue, found)
    return Composed(message, draft.nonce, called, found, look, files, ballot)


def _said(venue: Venue, draft: Draft) -> JSON:
    """What the draft itself says beside its text, as it is kept."""
    extras: JSON = {} if draft.origin is None else draft.origin.kept()
    if draft.tts and venue.may(Permission.SEND_TTS_MESSAGES):
        # Without the right it is said all the same, and not aloud.
        extras["tts"] = True
    if draft.embeds:
        extras["embeds"] = draft.embeds
    if draft.components:
        extras["components"] = draft.components
    return extras


async def _called(chat: Chat, venue: Venue, found: Mentions) -> tuple[int, ...]:
    """Who is mentioned, without those who have blocked the author."""
    users = set(found.users) - {int(venue.user.id)}
    if users and venue.is_account:
        asked = tuple(map(UserId, users))
        # A badge too many is less than a message that can not be sent.
        with suppress(Unavailable):
            call = GetStandings(user_id=UserId(venue.user.id), other_ids=asked)
            standings = (await chat.calls.ask(call)).standings
            users -= {int(one.user_id) for one in standings if one.is_blocked_by}
    everyone = () if venue.guild_id is None or not found.everyone else (int(venue.guild_id),)
    return tuple(dict.fromkeys((*sorted(users), *found.roles, *everyone)))


async def _mentions(chat: Chat, venue: Venue, draft: Draft, answered: int | None) -> Mentions:
    allowed = draft.allowed or _DEFAULT
    found = mentions.resolve(draft.content, allowed, venue.granted, await mentionable(chat, venue))
    if answered is not None and allowed.replied_user and answered not in found.users:
        found = Mentions((*found.users, answered), found.roles, found.everyone)
    return await with_known(chat, found)


async def mentionable(chat: Chat, venue: Venue) -> frozenset[int]:
    """Roles that everybody may mention there."""
    if venue.guild_id is None:
        return frozenset()
    return frozenset(map(int, (await chat.facts.guilds.get(venue.guild_id)).mentionable))


async def with_known(chat: Chat, found: Mentions) -> Mentions:
    """The same, without people who do not exist."""
    if not found.users:
        return found
    faces = await chat.people.faces(found.users)
    users = tuple(one for one in found.users if one in faces)
    return Mentions(users, found.roles, found.everyone)


def is_worth_noting(text: str, found: Mentions) -> bool:
    """Whether the mentions are not simply what the text says."""
    said = (content.mentioned_users(text), content.mentioned_roles(text))
    return said != (found.users, found.roles)


async def _referring(
    chat: Chat, actor: Identity, venue: Venue, reference: Reference
) -> tuple[int, int | None, JSON]:
    """Type, whom it answers, and what is kept of the other message."""
    channel_id = reference.channel_id or int(venue.channel_id)
    there = venue
    if channel_id != venue.channel_id:
        if reference.kind != FORWARD:
            raise _no_reference("Cannot reply to a message in a different channel.")
        there = await enter(chat, actor, channel_id, needs=READING)
    original = await store.messages.one(chat.database.pool, channel_id, reference.message_id)
    if original is None:
        if reference.must_exist or reference.kind == FORWARD:
            raise _no_reference("Unknown message")
        return 0, None, {}
    kept: JSON = {"type": reference.kind, "channel_id": str(channel_id)}
    kept["message_id"] = str(original.id)
    if there.guild_id is not None:
        kept["guild_id"] = str(there.guild_id)
    if original.type not in _ANSWERABLE:
        raise DomainError(ErrorCode.SYSTEM_MESSAGE)
    if reference.kind != FORWARD:
        return views.REPLY, original.author_id, {"message_reference": kept}
    snapshots = (original.extras or {}).get("message_snapshots")
    if snapshots is None:
        whole = (await showing.shapes(chat, actor.user_id, [original]))[0].dump()
        # Links are made when they are shown: what has some is kept as the original keeps it.
        raw = {name: (original.extras or {}).get(name, []) for name in _WITH_LINKS}
        snapshots = [{"message": {**{name: whole[name] for name in _SNAPSHOT}, **raw}}]
    return 0, None, {"message_reference": kept, "message_snapshots": snapshots}


def _no_reference(text: str) -> Invalid:
    return Invalid({"message_reference": ("REPLIES_UNKNOWN_MESSAGE", text)})


def _commit(chat: Chat, venue: Venue, composed: Composed) -> Promise:
    """Have it written with plain messages, in one order with them."""
    assert venue.guild_id is not None
    face = b"" if venue.member is None else venue.member.face().encode()
    message, event_id = composed.message, chat.outbox.next_id()
    whole = views.shape(message, composed.look, nonce=composed.nonce).encode()
    rest = whole.removeprefix(views.OPENING + b"0").removesuffix(b"}")
    route = Route(
        venue.guild_id, message.channel_id, message.author_id, None, composed.mentions.users
    ).within(venue.heard_on.inside)
    draft = store.messages.Draft(
        channel_id=message.channel_id,
        author_id=message.author_id,
        nonce=None if composed.nonce is None else str(composed.nonce),
        content=message.content,
        flags=message.flags,
        mention_everyone=message.mention_everyone,
        created=message.created,
        event_id=event_id,
        topic=venue.heard_on[0],
        record=messages.record(route, rest, face, event_id),
        type=message.type,
        extras=message.extras,
        targets=composed.called,
        is_in_thread=venue.thread is not None,
    )
    return messages.promise(chat, draft, rest, composed.nonce)


async def put(
    unit: Unit, venue: Venue, composed: Composed, *, message_id: int | None = None
) -> Message:
    """Store a message within a unit; with its id, if it is known as that of a post."""
    is_counted = venue.thread is not None and message_id is None
    if message_id is None:
        message_id = await store.writing.next_id(unit, venue.channel_id)
    message = replace(composed.message, id=message_id, created=unit.now)
    if composed.nonce is not None:
        # Whoever stores in this channel holds it, so nobody stores the same nonce meanwhile.
        first = await store.writing.known_nonce(unit, message, str(composed.nonce))
        if first is not None:
            raise _SaidBefore(first)
        await store.writing.remember_nonce(unit, message, str(composed.nonce))
    await take_turn(unit, venue)
    await attaching.hold(unit, venue.channel_id, message_id, composed.files)
    await store.writing.add(unit, message)
    await store.mentions.add(unit, message, composed.called)
    if composed.ballot is not None:
        await store.polls.begin(unit, message, composed.ballot)
    if is_counted:
        await store.threads.count(unit, venue.channel_id, stored=1)
    return message


async def take_turn(unit: Unit, venue: Venue, *, begins: bool = False) -> None:
    """Slowmode: one message in so many seconds, but for those who govern; and one thread that
    somebody begins.
    """
    if not _is_slow(venue):
        return
    until = unit.now + timedelta(seconds=venue.slowmode)
    # Threads take turns of their own, which lie under the number that no channel has.
    turns = -venue.channel_id if begins else int(venue.channel_id)
    free = await store.writing.slow_down(unit, turns, venue.user.id, until)
    if free is not None:
        raise Slowed(round(max((free - unit.now).total_seconds(), 0.001), 3))


def _is_slow(venue: Venue) -> bool:
    return messages.is_slow(venue.slowmode, venue.granted)
