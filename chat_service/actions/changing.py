"""Messages are edited and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chat_service import store, views
from chat_service.actions import (
    alerting,
    attaching,
    composing,
    governing,
    moderating,
    showing,
    thread_state,
)
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter
from chat_service.domain import content, mentions, wording
from chat_service.domain.attachments import VOICE_MESSAGE, Described, Received
from chat_service.domain.drafts import ONLY_COMPONENTS, SUPPRESS_EMBEDS
from chat_service.domain.interactions import LOADING
from chat_service.domain.mentions import Allowed
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts import limits
from contracts.errors import DomainError, ErrorCode, Forbidden, NotFound
from contracts.events.message import MessageDelete, MessageDeleteBulk, MessageUpdate
from contracts.events.pin import ChannelPinsUpdate
from contracts.identity import Identity
from contracts.ids import MessageId, floor_of
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission
from contracts.wire import JSON

_EDITABLE = frozenset({0, views.REPLY, 20, 23})
_LASTING = frozenset({1, 2, 3, 4, 5, 14, 15, 16, 17, 21})
"""System messages that stay: who came and went in a group, what a thread began with."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What an edit sets; None leaves it as it is."""

    content: str | None = None
    embeds: list[JSON] | None = None
    components: list[JSON] | None = None
    flags: int | None = None
    allowed: Allowed | None = None
    received: Sequence[Received] = ()
    described: Sequence[Described] | None = None
    """Which files stay, and what is said of new ones."""

    @property
    def is_said(self) -> bool:
        """Whether it changes what the message says, which only its author may."""
        said = (self.content, self.embeds, self.components, self.described)
        return bool(self.received) or any(one is not None for one in said)


async def edit(
    chat: Chat, actor: Identity, channel_id: int, message_id: int, changes: Changes
) -> bytes:
    """Change a message; its JSON."""
    return await edit_in(chat, actor, await enter(chat, actor, channel_id), message_id, changes)


@dataclass(frozen=True, slots=True)
class Edit:
    """A message as it was and as it is to be: all is decided, and nothing is written."""

    venue: Venue
    before: Message
    after: Message
    look: views.Look
    is_said: bool
    is_linked: bool
    """Whether there is something in it to be looked at."""

    @property
    def is_one(self) -> bool:
        """Whether it changes anything."""
        return self.after != self.before


async def edit_in(
    chat: Chat, actor: Identity, venue: Venue, message_id: int, changes: Changes
) -> bytes:
    """The same where somebody was let in already."""
    planned = await plan(chat, actor, venue, message_id, changes)
    if not planned.is_one:
        return views.shape(planned.after, planned.look).encode()
    async with chat.units.open(actor) as unit:
        after = await carry_out(unit, planned)
    chat.noticed.notice(venue.channel_id, message_id, after.content)
    return views.shape(after, planned.look).encode()


async def plan(
    chat: Chat, actor: Identity, venue: Venue, message_id: int, changes: Changes
) -> Edit:
    """Find out all that an edit takes, and whether it may be made at all."""
    venue.require_awake()
    before = await _one(chat, venue, message_id)
    _require_may_edit(venue, before, changes)
    after = await edited(chat, venue, before, changes)
    if _reads(after) != _reads(before):
        await moderating.examine(
            chat, actor, venue, after.content, extras=after.extras, message_id=message_id
        )
    look = await showing.look(chat, actor.user_id, [after])
    is_linked = chat.noticed.wants(after.content)
    return Edit(venue, before, after, look, changes.is_said, is_linked)


async def carry_out(unit: Unit, planned: Edit) -> Message:
    """Write it, and tell everybody; the message as it is then."""
    held = await store.writing.hold(unit, planned.venue.channel_id, planned.before.id)
    if held is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    after = replace(planned.after, pinned=held.pinned, has_reactions=held.has_reactions)
    if planned.is_said:
        after = replace(after, edited=unit.now)
    await attaching.exchange(unit, held, after)
    await _write(unit, after)
    tell_changed(unit, planned.venue, after, planned.look)
    if planned.is_linked:
        await store.previews.wish(unit, after.channel_id, after.id)
    return after


async def delete(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> None:
    """Delete one's own message, or another's with MANAGE_MESSAGES."""
    await delete_in(chat, actor, await enter(chat, actor, channel_id), message_id)


async def delete_in(chat: Chat, actor: Identity, venue: Venue, message_id: int) -> None:
    """The same where somebody was let in already."""
    message = await _one(chat, venue, message_id)
    if message.author_id != venue.user.id or message.type == alerting.ALERT:
        # An alert is told in the name of whom it is about.
        venue.require(Permission.MANAGE_MESSAGES)
    if message.type in _LASTING:
        raise DomainError(ErrorCode.SYSTEM_MESSAGE)
    async with chat.units.open(actor) as unit:
        if not await store.writing.remove(unit, venue.channel_id, [message_id]):
            raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
        gone = MessageDelete(
            id=MessageId(message_id), channel_id=venue.channel_id, guild_id=venue.guild_id
        )
        unit.emit(gone, to=venue.heard_on)
        if message.pinned is not None:
            await tell_pins(unit, venue)
        if venue.thread is not None:
            await thread_state.lessened(unit, venue.thread.id, [message_id])
        if message.author_id != venue.user.id:
            action, where = AuditAction.MESSAGE_DELETE, venue.channel_id
            governing.note(unit, venue, action, message.author_id, channel_id=where, count=1)


async def delete_many(
    chat: Chat, actor: Identity, channel_id: int, message_ids: Sequence[int]
) -> None:
    """Delete many messages at once; those that are not there are passed over."""
    wanted = sorted(set(message_ids))
    venue = await enter(chat, actor, channel_id)
    if venue.guild_id is None:
        raise Forbidden(ErrorCode.NOT_IN_DM)
    venue.require(Permission.MANAGE_MESSAGES)
    if not limits.BULK_DELETE_MIN <= len(wanted) <= limits.BULK_DELETE_MAX:
        raise DomainError(ErrorCode.WRONG_BULK)
    oldest = chat.clock.now() - timedelta(days=limits.BULK_DELETE_DAYS)
    if wanted[0] < floor_of(int(oldest.timestamp() * 1000)):
        raise DomainError(ErrorCode.TOO_OLD)
    async with chat.units.open(actor) as unit:
        pinned = await store.writing.count_pins(unit, venue.channel_id)
        gone = await store.writing.remove(unit, venue.channel_id, wanted)
        if gone:
            tell_gone(unit, venue, gone)
            if pinned != await store.writing.count_pins(unit, venue.channel_id):
                await tell_pins(unit, venue)
            if venue.thread is not None:
                await thread_state.lessened(unit, venue.thread.id, gone)
            action = AuditAction.MESSAGE_BULK_DELETE
            governing.note(unit, venue, action, venue.channel_id, count=len(gone))


def tell_changed(unit: Unit, venue: Venue, message: Message, look: views.Look) -> None:
    """Tell everybody how a message is now."""
    more: JSON = {} if venue.guild_id is None else {"guild_id": venue.guild_id}
    shown = views.shape(message, look)
    unit.emit(views.event(MessageUpdate, shown, **more), to=venue.heard_on)


def tell_gone(unit: Unit, venue: Venue, message_ids: Sequence[int]) -> None:
    """Tell everybody that messages are gone."""
    gone = MessageDeleteBulk(
        ids=tuple(map(MessageId, message_ids)),
        channel_id=venue.channel_id,
        guild_id=venue.guild_id,
    )
    unit.emit(gone, to=venue.heard_on)


async def tell_pins(unit: Unit, venue: Venue) -> None:
    """Tell everybody that what is pinned has changed."""
    last = await store.writing.last_pin(unit, venue.channel_id)
    changed = ChannelPinsUpdate(
        channel_id=venue.channel_id, guild_id=venue.guild_id, last_pin_timestamp=last
    )
    unit.emit(changed, to=venue.heard_on)


def _require_may_edit(venue: Venue, message: Message, changes: Changes) -> None:
    is_own = message.author_id == venue.user.id
    if not is_own and changes.is_said:
        raise Forbidden(ErrorCode.NOT_THE_AUTHOR)
    if not is_own:
        venue.require(Permission.MANAGE_MESSAGES)
    if message.type not in _EDITABLE or (message.extras or {}).get("message_snapshots"):
        raise DomainError(ErrorCode.SYSTEM_MESSAGE)
    if message.flags & VOICE_MESSAGE and changes.is_said:
        raise DomainError(ErrorCode.VOICE_AS_IT_IS)
    if views.poll_in(message) is not None and changes.is_said:
        raise DomainError(ErrorCode.POLL_AS_IT_IS)
    if changes.embeds:
        venue.require(Permission.EMBED_LINKS)


def _reads(message: Message) -> tuple[str, list[str]]:
    return message.content, wording.beside(message.extras)


async def edited(chat: Chat, venue: Venue, before: Message, changes: Changes) -> Message:
    """The message as an edit makes it."""
    values: dict[str, Any] = {}
    extras = dict(before.extras or {})
    if changes.flags is not None:
        settable = SUPPRESS_EMBEDS | (changes.flags & ONLY_COMPONENTS)
        values["flags"] = before.flags & ~SUPPRESS_EMBEDS | changes.flags & settable
    for name in ("embeds", "components"):
        given = getattr(changes, name)
        if given is not None:
            extras.pop(name, None)
            extras |= {name: given} if given else {}
    if changes.content is not None:
        extras.pop("previews", None)
        values["content"] = content.check_text(changes.content)
        found = await _mentions(chat, venue, before, changes)
        values["mention_everyone"] = found.everyone
        extras = {name: extras[name] for name in extras if name not in _MENTIONED}
        if composing.is_worth_noting(changes.content, found):
            extras["mentions"] = [str(one) for one in found.users]
            extras["mention_roles"] = [str(one) for one in found.roles]
    if changes.received or changes.described is not None:
        extras.pop("attachments", None)
        files = await attaching.changed(chat, venue, before, changes.received, changes.described)
        extras |= {"attachments": files} if files else {}
    if changes.is_said:
        # Whoever promised an answer has given it.
        values["flags"] = values.get("flags", before.flags) & ~LOADING
    after = replace(before, **values, extras=extras or None)
    if not (after.content.strip() or any(extras.get(name) for name in _ENOUGH)):
        raise DomainError(ErrorCode.EMPTY_MESSAGE)
    return after


_ENOUGH = ("embeds", "components", "attachments")
"""One of these is a message, if there is no text."""
_MENTIONED = frozenset({"mentions", "mention_roles"})


async def _mentions(
    chat: Chat, venue: Venue, before: Message, changes: Changes
) -> mentions.Mentions:
    """An edit shows other mentions, and calls nobody; one who was answered stays mentioned."""
    assert changes.content is not None
    allowed = changes.allowed or Allowed()
    roles = await composing.mentionable(chat, venue)
    found = mentions.resolve(changes.content, allowed, venue.granted, roles)
    said = set(content.mentioned_users(before.content))
    answered = [one for one in views.users_in(before) if one not in said | set(found.users)]
    if before.type == views.REPLY and allowed.replied_user:
        found = mentions.Mentions((*found.users, *answered), found.roles, found.everyone)
    return await composing.with_known(chat, found)


async def _write(unit: Unit, after: Message) -> None:
    await store.writing.change(
        unit,
        after,
        content=after.content,
        flags=after.flags,
        mention_everyone=after.mention_everyone,
        edited=after.edited,
        extras=after.extras,
    )


async def _one(chat: Chat, venue: Venue, message_id: int) -> Message:
    message = await store.messages.one(chat.database.pool, venue.channel_id, message_id)
    if message is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return message
