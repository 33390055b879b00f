"""Threads are begun, changed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chat_service import store, views
from chat_service.actions import (
    announcing,
    changing,
    composing,
    governing,
    joining,
    moderating,
    showing,
    thread_state,
)
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter, in_guild
from chat_service.domain import threads as rules
from chat_service.domain.drafts import Draft
from chat_service.domain.threads import Begin, Thread
from chat_service.store.messages import HAS_THREAD, Message
from chat_service.store.removals import Removal
from chat_service.tools import Unit
from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden, NotFound
from contracts.events.base import Hearing
from contracts.events.thread import ThreadCreate, ThreadDelete
from contracts.identity import Identity
from contracts.ids import ChannelId, GuildId
from contracts.objects.audit import AuditAction, differences
from contracts.objects.channel import POSTED, THREADED, Channel, ChannelType
from contracts.objects.message import Message as MessageShape
from contracts.objects.thread import Thread as ThreadShape
from contracts.objects.thread import ThreadFlag
from contracts.permissions import READING, Permission
from contracts.wire import JSON

_CREATED, _STARTER, _RENAMED = 18, views.STARTER, 4
"""Types of the messages that tell of it."""
_BEGINS = frozenset({0, views.REPLY, 20, 23})
"""Messages that a thread may begin with."""

_EDITABLE = {
    *("name", "is_archived", "is_locked", "is_invitable", "archive_after", "slowmode"),
    *("flags", "tags"),
}


@dataclass(frozen=True, slots=True)
class Posted:
    """A post of a forum, with what it begins with."""

    thread: ThreadShape
    message: MessageShape


async def from_message(
    chat: Chat, actor: Identity, channel_id: int, message_id: int, wanted: Begin
) -> ThreadShape:
    """Begin a thread at a message, whose id becomes its own."""
    venue, parent = await _enter(chat, actor, channel_id)
    if parent.type in POSTED:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    kind = ChannelType.PUBLIC_THREAD
    if parent.type is ChannelType.ANNOUNCEMENT:
        kind = ChannelType.ANNOUNCEMENT_THREAD
    wanted = replace(wanted, type=kind)
    _require_may_begin(venue, parent, wanted)
    venue.require(READING)
    await moderating.examine(chat, actor, venue, wanted.name, is_title=True)
    found = await store.messages.one(chat.database.pool, channel_id, message_id)
    look = await showing.look(chat, actor.user_id, [found] if found is not None else [])
    async with chat.units.open(actor) as unit:
        message = await store.writing.hold(unit, channel_id, message_id)
        if message is None:
            raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
        if message.type not in _BEGINS:
            raise DomainError(ErrorCode.SYSTEM_MESSAGE)
        if message.flags & HAS_THREAD:
            raise DomainError(ErrorCode.HAS_THREAD)
        await composing.take_turn(unit, venue, begins=True)
        thread = wanted.made(message.id, parent, int(actor.user_id), unit.now)
        inside = await _begin(unit, venue, thread)
        message = replace(message, flags=message.flags | HAS_THREAD)
        await store.writing.change(unit, message, flags=message.flags)
        inside = await joining.let_in(unit, inside, _myself(venue))
        assert inside.thread is not None
        faces = {**look.faces, venue.user.id: venue.user}
        look = replace(look, faces=faces, threads={thread.id: views.thread(inside.thread)})
        changing.tell_changed(unit, venue, message, look)
        shown = replace(look, counts={}, referenced={message.id: message})
        reference = _refers(message, venue)
        await announcing.announce(
            unit, inside, _STARTER, carries={"message_reference": reference}, around=shown
        )
    return await _own(chat, actor, thread.id)


async def begin(chat: Chat, actor: Identity, channel_id: int, wanted: Begin) -> ThreadShape:
    """Begin a thread with nothing; a public one is told of in its channel."""
    venue, parent = await _enter(chat, actor, channel_id)
    if parent.type in POSTED:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    _require_may_begin(venue, parent, wanted)
    await moderating.examine(chat, actor, venue, wanted.name, is_title=True)
    async with chat.units.open(actor) as unit:
        await composing.take_turn(unit, venue, begins=True)
        thread = wanted.made(unit.new_id(), parent, int(actor.user_id), unit.now)
        inside = await _begin(unit, venue, thread)
        await joining.let_in(unit, inside, _myself(venue))
        if not thread.is_private:
            reference = {
                "type": 0,
                "channel_id": str(thread.id),
                "guild_id": str(thread.guild_id),
            }
            await announcing.announce(
                unit, venue, _CREATED, thread.name, carries={"message_reference": reference}
            )
    return await _own(chat, actor, thread.id)


async def is_forum(chat: Chat, actor: Identity, channel_id: int) -> bool:
    """Whether whatever hangs from a channel that one sees begins with a message."""
    _, parent = await _enter(chat, actor, channel_id)
    return parent.type in POSTED


async def post(
    chat: Chat, actor: Identity, channel_id: int, wanted: Begin, draft: Draft, *, thread_id: int
) -> Posted:
    """Begin a post of a forum: a thread with its first message, which have one id."""
    venue, parent = await _enter(chat, actor, channel_id)
    if parent.type not in POSTED:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    _require_may_begin(venue, parent, wanted)
    composing.require_sayable(draft)
    return await post_in(chat, actor, venue, wanted, draft, thread_id=thread_id)


async def post_in(
    chat: Chat, actor: Identity, venue: Venue, wanted: Begin, draft: Draft, *, thread_id: int
) -> Posted:
    """The same where somebody was let in already, a webhook for example."""
    assert venue.channel is not None
    signed = None if draft.origin is None else draft.origin.kept()
    await moderating.examine(chat, actor, venue, wanted.name, extras=signed, is_title=True)
    thread = wanted.made(thread_id, venue.channel, int(venue.user.id), chat.clock.now())
    inside = _inside(venue, thread)
    composed = await composing.compose(chat, actor, inside, draft)
    called = await joining.coming(chat, inside, composed.mentions.users)
    async with chat.units.open(actor) as unit:
        await composing.take_turn(unit, venue)
        inside = await _begin(unit, venue, thread)
        inside = await joining.let_in(unit, inside, called)
        message = await composing.put(unit, inside, composed, message_id=thread.id)
        announcing.tell(unit, inside, message, composed.look)
    return Posted(await _own(chat, actor, thread.id), views.shape(message, composed.look))


async def exists(chat: Chat, channel_id: int) -> bool:
    """Whether this is a thread."""
    if chat.facts.is_thread(channel_id):
        return True
    return bool(await store.threads.some(chat.database.pool, [channel_id]))


async def one(chat: Chat, actor: Identity, channel_id: int) -> ThreadShape:
    """A thread that the actor sees."""
    await enter(chat, actor, channel_id)
    return await _own(chat, actor, channel_id)


def changes(asked: Mapping[str, Any]) -> dict[str, Any]:
    """An edit as a neighbour hands it on: whatever else it names is passed over."""
    kept = {name: asked[name] for name in _EDITABLE & asked.keys() if asked[name] is not None}
    if "tags" in kept:
        kept["tags"] = tuple(int(tag) for tag in kept["tags"])
    if "flags" in kept:
        kept["flags"] &= ThreadFlag.PINNED
    return kept


async def edit(
    chat: Chat, actor: Identity, channel_id: int, changes: Mapping[str, Any]
) -> ThreadShape:
    """Change a thread; a sleeping one may be woken by anybody who may write in it."""
    venue = await enter(chat, actor, channel_id)
    before = thread_state.of(venue)
    _require_may_change(venue, before, changes)
    if changes.get("name", before.name) != before.name:
        await moderating.examine(chat, actor, venue, changes["name"], is_title=True)
    async with chat.units.open(actor) as unit:
        venue = await thread_state.held(unit, venue)
        before = thread_state.of(venue)
        _require_may_change(venue, before, changes)
        after = rules.changed(before, changes, unit.now)
        if after == before:
            return await _own(chat, actor, channel_id)
        if after.is_pinned and not before.is_pinned:
            pinned = await store.threads.count_pinned(unit, after.parent_id, ThreadFlag.PINNED)
            if pinned >= limits.PINNED_POSTS:
                raise Conflict(ErrorCode.MAX_PINNED_POSTS)
        if before.is_archived and not after.is_archived:
            await thread_state.require_room(unit, after)
        await store.threads.change(unit, after)
        venue = replace(venue, thread=after)
        thread_state.tell_changed(unit, after, venue.heard_on)
        if after.name != before.name and not after.is_archived:
            await announcing.announce(unit, venue, _RENAMED, after.name)
        _note(unit, venue, before, after)
    return await _own(chat, actor, channel_id)


async def delete(chat: Chat, actor: Identity, channel_id: int) -> ThreadShape:
    """Delete a thread with everything that was said in it."""
    venue = await enter(chat, actor, channel_id, needs=Permission.MANAGE_THREADS)
    assert venue.channel is not None
    hub = replace(venue, channel_id=venue.channel.id, thread=None, heard_on=_openly(venue))
    origin = await store.messages.one(chat.database.pool, hub.channel_id, channel_id)
    look = await showing.look(chat, actor.user_id, [origin] if origin is not None else [])
    async with chat.units.open(actor) as unit:
        message = await store.writing.hold(unit, hub.channel_id, channel_id)
        venue = await thread_state.held(unit, venue)
        thread = thread_state.of(venue)
        below = (thread.last_message_id or thread.id) + 1
        whole = Removal(0, thread.id, None, None, 0, below)
        await store.removals.of_author(unit, [whole])
        await store.thread_members.forget(unit, [thread.id])
        await store.threads.remove(unit, [thread.id])
        unit.emit(gone(thread), to=venue.heard_on)
        if message is not None and message.flags & HAS_THREAD:
            message = replace(message, flags=message.flags & ~HAS_THREAD)
            await store.writing.change(unit, message, flags=message.flags)
            changing.tell_changed(unit, hub, message, replace(look, threads={}))
        _note(unit, venue, thread, None)
    return views.thread(thread)


async def accept(
    chat: Chat, actor: Identity, channel_id: int, message_id: int | None
) -> ThreadShape:
    """Ours: say which message answers the question of a post, or (None) that none does."""
    venue = await enter(chat, actor, channel_id, needs=READING)
    thread = thread_state.of(venue)
    assert venue.channel is not None
    if venue.channel.type not in POSTED:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    if thread.owner_id != actor.user_id:
        venue.require(Permission.MANAGE_THREADS)
    venue.require_awake()
    async with chat.units.open(actor) as unit:
        if message_id is not None:
            message = await store.writing.hold(unit, channel_id, message_id)
            if message is None or message.id == thread.id or message.type not in _BEGINS:
                raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
        venue = await thread_state.held(unit, venue)
        thread = thread_state.of(venue)
        if thread.accepted_id != message_id:
            venue = replace(venue, thread=replace(thread, accepted_id=message_id))
            await store.threads.change(unit, thread_state.of(venue))
            thread_state.tell_changed(unit, thread_state.of(venue), venue.heard_on)
    return await _own(chat, actor, channel_id)


def gone(thread: Thread) -> ThreadDelete:
    """What tells that it is no more."""
    return ThreadDelete(
        id=ChannelId(thread.id),
        guild_id=GuildId(thread.guild_id),
        parent_id=ChannelId(thread.parent_id),
        type=thread.type,
    )


async def _begin(unit: Unit, venue: Venue, thread: Thread) -> Venue:
    """The thread is there, with nobody in it yet."""
    await thread_state.require_room(unit, thread)
    await store.threads.begin(unit, thread.id)
    await store.threads.add(unit, thread)
    thread = replace(thread, last_message_id=thread.id)
    inside = _inside(venue, thread)
    shown = views.thread(thread)
    unit.emit(views.event(ThreadCreate, shown, newly_created=True), to=inside.heard_on)
    _note(unit, venue, None, thread)
    return inside


def _note(unit: Unit, venue: Venue, before: Thread | None, after: Thread | None) -> None:
    """That a thread was begun, changed or deleted."""
    looks = [views.audited_thread(one) if one is not None else {} for one in (before, after)]
    action = AuditAction.THREAD_UPDATE
    if before is None or after is None:
        action = AuditAction.THREAD_CREATE if before is None else AuditAction.THREAD_DELETE
    thread = after or before
    assert thread is not None
    governing.note(unit, venue, action, thread.id, *differences(*looks))


def _inside(venue: Venue, thread: Thread) -> Venue:
    """A thread that is about to be begun by whoever was let into its channel."""
    people = (int(venue.user.id),) if thread.is_private else None
    return replace(
        venue,
        channel_id=ChannelId(thread.id),
        heard_on=thread_state.hearing(thread, people),
        thread=thread,
    )


async def _enter(chat: Chat, actor: Identity, channel_id: int) -> tuple[Venue, Channel]:
    room = await chat.access.channel(
        actor, channel_id, needs=Permission.VIEW_CHANNEL, kinds=THREADED
    )
    return in_guild(room), room.channel


def _require_may_begin(venue: Venue, parent: Channel, wanted: Begin) -> None:
    if refusal := rules.can_begin(parent, wanted, venue.granted):
        raise refusal


def _require_may_change(venue: Venue, thread: Thread, changes: Mapping[str, Any]) -> None:
    refusal = rules.can_change(thread, int(venue.user.id), venue.granted, changes)
    if refusal is None and "tags" in changes:
        assert venue.channel is not None
        refusal = rules.can_tag(venue.channel, thread.tags, changes["tags"], venue.granted)
    if refusal is not None:
        raise refusal


def _openly(venue: Venue) -> Hearing:
    return Hearing(venue.heard_on)


def _myself(venue: Venue) -> list[Any]:
    return [] if venue.member is None else [venue.member]


def _refers(message: Message, venue: Venue) -> JSON:
    return {
        "type": 0,
        "channel_id": str(message.channel_id),
        "message_id": str(message.id),
        "guild_id": str(venue.guild_id),
    }


async def _own(chat: Chat, actor: Identity, thread_id: int) -> ThreadShape:
    """The thread as the actor sees it, with themselves in it."""
    pool = chat.database.pool
    found = (await store.threads.some(pool, [thread_id])).get(thread_id)
    if found is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    member = await store.thread_members.one(pool, thread_id, int(actor.user_id))
    if member is None:
        return views.thread(found)
    return views.thread(found, views.thread_member(member, is_own=True))
