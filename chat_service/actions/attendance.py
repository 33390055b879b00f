"""People check in at a message, and its organisers learn who was there."""

from __future__ import annotations

from collections.abc import Collection

from chat_service import store, views
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter
from chat_service.domain.attendance import Roll
from chat_service.people import gone
from chat_service.store.messages import Message
from contracts import limits
from contracts.errors import DomainError, ErrorCode, Forbidden, NotFound
from contracts.events.check_in import CheckedIn
from contracts.guild_facts import permissions_in
from contracts.identity import Identity
from contracts.ids import MessageId
from contracts.objects.check_in import AttendanceReport, Attendee
from contracts.objects.user import User
from contracts.permissions import READING, Permission, holds
from contracts.rpc.community import ListMembers


async def check_in(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> None:
    """Be there. To say it again changes nothing."""
    venue = await enter(chat, actor, channel_id, needs=READING)
    async with chat.units.open(actor) as unit:
        message = await store.writing.hold(unit, venue.channel_id, message_id)
        roll = _roll(message)
        assert message is not None
        roll.require_open(unit.now)
        if await store.attendance.total(unit, message) >= limits.CHECK_INS:
            raise DomainError(ErrorCode.CHECK_IN_FULL)
        count = await store.attendance.add(unit, message, int(actor.user_id))
        if count is not None:
            event = CheckedIn(
                channel_id=venue.channel_id,
                guild_id=venue.guild_id,
                message_id=MessageId(message_id),
                user_id=actor.user_id,
                at=unit.now,
                is_late=roll.is_late(unit.now),
                count=count,
            )
            unit.emit(event, to=venue.heard_on)


async def report(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> AttendanceReport:
    """Who is there, who came late, who is not there: for who called the roll, and moderators."""
    venue = await enter(chat, actor, channel_id, needs=READING)
    message = await store.messages.one(chat.database.pool, channel_id, message_id)
    roll = _roll(message)
    assert message is not None
    if message.author_id != actor.user_id and not venue.may(Permission.MANAGE_MESSAGES):
        raise Forbidden
    there = await store.attendance.who(chat.database.pool, message)
    faces = await chat.people.faces([user_id for user_id, _ in there])
    present = tuple(
        Attendee(user=faces.get(user_id) or gone(user_id), at=at, is_late=roll.is_late(at))
        for user_id, at in there
    )
    return AttendanceReport(
        message_id=MessageId(message_id),
        closes=roll.closes,
        late_after=roll.late_after,
        present=present,
        absent=await _absent(chat, venue, message, {user_id for user_id, _ in there}),
    )


async def _absent(
    chat: Chat, venue: Venue, message: Message, there: Collection[int]
) -> tuple[User, ...] | None:
    """Members who see the channel and are not there; whoever called the roll is."""
    if venue.guild_id is None or venue.channel is None:
        return None
    most = limits.ABSENT_AMONG
    members = (await chat.calls.ask(ListMembers(guild_id=venue.guild_id, limit=most))).members
    if len(members) == most:
        return None
    facts, now = await chat.facts.guilds.get(venue.guild_id), chat.clock.now()
    missing = (one for one in members if not one.user.bot and int(one.user.id) not in there)
    return tuple(
        one.user
        for one in missing
        if one.user.id != message.author_id
        and holds(
            permissions_in(facts, one.user.id, one, now, channel_id=venue.channel.id), READING
        )
    )


def _roll(message: Message | None) -> Roll:
    kept = None if message is None else views.roll_in(message)
    if kept is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return Roll.read(kept)
