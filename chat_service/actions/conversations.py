"""Conversations are opened, changed, left and closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chat_service import store, views
from chat_service.actions import announcing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.domain import conversations as rules
from chat_service.domain.conversations import Conversation, Recipient
from chat_service.people import gone
from chat_service.tools import Unit
from contracts import limits, topics
from contracts.errors import DomainError, ErrorCode, Forbidden, NotFound
from contracts.events.base import Event
from contracts.events.private import (
    PrivateChannelCreate,
    PrivateChannelDelete,
    PrivateChannelUpdate,
    RecipientAdd,
    RecipientRemove,
)
from contracts.events.reading import MessageAck
from contracts.identity import Identity
from contracts.ids import ChannelId, MessageId, UserId
from contracts.objects.channel import ChannelType
from contracts.objects.private import PrivateChannel
from contracts.objects.user import User
from contracts.rpc.users import GetStandings

_JOINED, _LEFT, _RENAMED, _NEW_ICON = 1, 2, 4, 5
"""Types of the messages that tell of it."""

Faces = Mapping[int, User]


async def listed(chat: Chat, user_id: int) -> list[PrivateChannel]:
    """Those open to somebody, the liveliest first."""
    return (await listed_for(chat, [user_id])).get(user_id, [])


async def listed_for(chat: Chat, user_ids: Sequence[int]) -> dict[int, list[PrivateChannel]]:
    """The same for several people."""
    pool = chat.database.pool
    found = await store.conversations.listed(pool, user_ids, limits.CONVERSATIONS_LISTED)
    every = {one.id: one for mine in found.values() for one in mine}
    if not every:
        return {}
    heads = await store.conversations.heads(pool, list(every))
    faces = await chat.people.faces({person for one in every.values() for person in one.people})
    return {
        reader: [views.private(one, reader, faces, *heads[one.id]) for one in mine]
        for reader, mine in found.items()
    }


async def one(chat: Chat, actor: Identity, channel_id: int) -> PrivateChannel:
    """A conversation that the actor is in."""
    found = await _mine(chat, actor, channel_id)
    heads = await store.conversations.heads(chat.database.pool, [found.id])
    faces = await chat.people.faces(found.people)
    return views.private(found, actor.user_id, faces, *heads[found.id])


async def open_pair(chat: Chat, actor: Identity, other_id: int) -> PrivateChannel:
    """The one conversation with somebody; they see it with the first message."""
    me = int(actor.user_id)
    if other_id == me:
        raise DomainError(ErrorCode.INVALID_RECIPIENTS)
    faces = await _known(chat, {me, other_id})
    friends = await _friends(chat, me, [other_id])
    async with chat.units.open(actor) as unit:
        channel_id = await store.conversations.pair(unit, unit.new_id(), me, other_id)
        stranger = not faces[other_id].bot and not faces[me].bot and other_id not in friends
        seats = [Recipient(me, is_open=False), Recipient(other_id, False, stranger)]
        await store.conversations.seat(unit, channel_id, seats)
        held = await _held(unit, channel_id)
        seat = held.seat(me)
        if seat is not None and not seat.is_open:
            await store.conversations.show(unit, channel_id, [me], is_open=True)
            await appear(unit, held, [me], faces)
    return await one(chat, actor, channel_id)


async def open_group(chat: Chat, actor: Identity, people: Collection[int]) -> PrivateChannel:
    """A new group; each call makes another one."""
    me = int(actor.user_id)
    everybody = [me, *sorted(set(people) - {me})]
    if refusal := rules.can_gather(len(everybody)):
        raise refusal
    faces = await _known(chat, set(everybody))
    if any(face.bot for face in faces.values()):
        raise DomainError(ErrorCode.INVALID_RECIPIENTS)
    friends = await _friends(chat, me, everybody[1:])
    async with chat.units.open(actor) as unit:
        channel_id = unit.new_id()
        await store.conversations.add_group(unit, channel_id, me)
        seats = tuple(
            Recipient(person, is_request=person != me and person not in friends)
            for person in everybody
        )
        await store.conversations.seat(unit, channel_id, seats)
        made = Conversation(channel_id, ChannelType.GROUP_DM, seats, me)
        await appear(unit, made, made.people, faces)
    return views.private(made, me, faces)


async def edit(
    chat: Chat, actor: Identity, channel_id: int, changes: Mapping[str, Any]
) -> PrivateChannel:
    """Name, icon or owner of a group."""
    found = await _mine(chat, actor, channel_id)
    if refusal := rules.can_change(found):
        raise refusal
    owner_id = changes.get("owner_id", found.owner_id)
    if found.owner_id not in (owner_id, actor.user_id):
        raise Forbidden
    if found.seat(owner_id) is None:
        raise DomainError(ErrorCode.INVALID_RECIPIENTS)
    faces = await chat.people.faces(found.people)
    async with chat.units.open(actor) as unit:
        held = await _held(unit, channel_id, actor)
        after = replace(held, **changes)
        if after != held:
            venue = _venue(after, faces, actor.user_id)
            if after.name != held.name:
                await announcing.announce(unit, venue, _RENAMED, after.name or "")
            if after.icon != held.icon:
                await announcing.announce(unit, venue, _NEW_ICON)
            await store.conversations.change(unit, channel_id, **changes)
            await _tell_changed(unit, after, after.people, faces)
    return await one(chat, actor, channel_id)


async def add(chat: Chat, actor: Identity, channel_id: int, user_id: int) -> None:
    """Take somebody into a group."""
    found = await _mine(chat, actor, channel_id)
    if found.seat(user_id) is not None:
        return
    if refusal := rules.can_add(found):
        raise refusal
    faces = await _known(chat, {*found.people, user_id})
    if faces[user_id].bot:
        raise DomainError(ErrorCode.INVALID_RECIPIENTS)
    friends = await _friends(chat, actor.user_id, [user_id])
    async with chat.units.open(actor) as unit:
        held = await _held(unit, channel_id, actor)
        if held.seat(user_id) is not None:
            return
        if refusal := rules.can_add(held):
            raise refusal
        entry = Recipient(user_id, is_request=user_id not in friends)
        after = replace(held, recipients=(*held.recipients, entry))
        venue = _venue(after, faces, actor.user_id)
        unit.emit(RecipientAdd(channel_id=ChannelId(channel_id), user=faces[user_id]), to=_to(held))
        await appear(unit, after, [user_id], faces)
        await _read_so_far(unit, channel_id, user_id)
        await announcing.announce(unit, venue, _JOINED, mentions=[user_id], look=faces)
        await store.conversations.seat(unit, channel_id, [entry])


async def _read_so_far(unit: Unit, channel_id: int, user_id: int) -> None:
    """What was said before somebody came is nothing that waits for them."""
    newest, _ = await store.conversations.head(unit, channel_id)
    for mark in await store.reading.move(unit, user_id, {channel_id: newest} if newest else {}):
        read = MessageAck(
            user_id=UserId(user_id),
            channel_id=ChannelId(channel_id),
            message_id=MessageId(mark.read_to),
            version=mark.version,
        )
        unit.emit(read)


async def remove(chat: Chat, actor: Identity, channel_id: int, user_id: int) -> None:
    """Leave a group, or remove somebody from one's own."""
    found = await _mine(chat, actor, channel_id)
    if refusal := rules.can_remove(found, actor.user_id, user_id):
        raise refusal
    if found.seat(user_id) is None:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    faces = await chat.people.faces(found.people)
    async with chat.units.open(actor) as unit:
        held = await _held(unit, channel_id, actor)
        await _dismiss(unit, held, faces, actor.user_id, user_id)


async def close(chat: Chat, actor: Identity, channel_id: int) -> PrivateChannel:
    """Leave a group, or take a pair out of one's own list until something is said in it."""
    shown = await one(chat, actor, channel_id)
    if shown.type is ChannelType.GROUP_DM:
        await remove(chat, actor, channel_id, actor.user_id)
        return shown
    async with chat.units.open(actor) as unit:
        await store.conversations.show(unit, channel_id, [actor.user_id], is_open=False)
        closed = views.event(PrivateChannelDelete, shown)
        unit.emit(closed, to=[topics.user(actor.user_id)])
    return shown


async def accept(chat: Chat, actor: Identity, channel_id: int) -> PrivateChannel:
    """A stranger's request is welcome."""
    found = await _mine(chat, actor, channel_id)
    faces = await chat.people.faces(found.people)
    async with chat.units.open(actor) as unit:
        await _accept(unit, found, int(actor.user_id), faces)
    return await one(chat, actor, channel_id)


async def welcomed(chat: Chat, venue: Venue) -> Faces:
    """The faces of those in a conversation, if what is said there is welcome: nobody writes to one
    who has blocked them, or whom they have blocked.
    """
    conversation = venue.conversation
    if conversation is None:
        return {}
    if not conversation.is_group:
        (other,) = conversation.others(venue.user.id)
        call = GetStandings(user_id=UserId(venue.user.id), other_ids=(UserId(other),))
        if any(one.is_cut for one in (await chat.calls.ask(call)).standings):
            raise Forbidden(ErrorCode.CANNOT_WRITE_TO_USER)
    return await chat.people.faces(conversation.people)


async def revive(unit: Unit, venue: Venue, faces: Faces) -> None:
    """Something is said: it appears in the lists of those who do not have it there, and who says it
    has accepted it.
    """
    conversation = venue.conversation
    if conversation is None:
        return
    accepted = await _accept(unit, conversation, int(venue.user.id), faces)
    await appear(unit, accepted, await store.conversations.reopen(unit, conversation.id), faces)


async def appear(unit: Unit, shown: Conversation, people: Collection[int], faces: Faces) -> None:
    """Tell people that a conversation is in their list now."""
    await _tell(unit, PrivateChannelCreate, shown, people, faces)


async def _accept(unit: Unit, held: Conversation, user_id: int, faces: Faces) -> Conversation:
    """It is no request to somebody any more; they are told where it stands in their list."""
    seat = held.seat(user_id)
    if seat is None or not seat.is_request:
        return held
    await store.conversations.accept(unit, held.id, user_id)
    fresh = replace(seat, is_request=False)
    seats = tuple(fresh if one is seat else one for one in held.recipients)
    accepted = replace(held, recipients=seats)
    if seat.is_open:
        await _tell_changed(unit, accepted, [user_id], faces)
    return accepted


async def _dismiss(
    unit: Unit, held: Conversation, faces: Faces, actor_id: int, user_id: int
) -> None:
    after = replace(
        held,
        recipients=tuple(one for one in held.recipients if one.user_id != user_id),
        owner_id=rules.heir(held, user_id),
    )
    face = faces.get(user_id) or gone(user_id)
    await _tell(unit, PrivateChannelDelete, held, [user_id], faces)
    if not after.recipients:
        await store.conversations.unseat(unit, held.id, user_id)
        await store.conversations.remove(unit, held.id)
        await store.removals.of_channel(unit, held.id)
        return
    unit.emit(RecipientRemove(channel_id=ChannelId(held.id), user=face), to=_to(after))
    venue = _venue(after, faces, actor_id)
    await announcing.announce(unit, venue, _LEFT, mentions=[user_id], look=faces)
    await store.conversations.unseat(unit, held.id, user_id)
    if after.owner_id != held.owner_id:
        await store.conversations.change(unit, held.id, owner_id=after.owner_id)
        await _tell_changed(unit, after, after.people, faces)


async def _tell_changed(
    unit: Unit, after: Conversation, people: Collection[int], faces: Faces
) -> None:
    await _tell(unit, PrivateChannelUpdate, after, people, faces)


async def _tell(
    unit: Unit, event: type[Event], shown: Conversation, people: Collection[int], faces: Faces
) -> None:
    """Tell each of these people of the conversation as they see it. Libraries of bots can not read
    it.
    """
    readers = [one for one in people if not (one in faces and faces[one].bot)]
    if not readers:
        return
    head = await store.conversations.head(unit, shown.id)
    for person in readers:
        seen = views.private(shown, person, faces, *head)
        unit.emit(views.event(event, seen), to=[topics.user(person)])


def _to(conversation: Conversation) -> list[topics.Topic]:
    return [topics.user(person) for person in conversation.people]


def _venue(conversation: Conversation, faces: Faces, user_id: int) -> Venue:
    """Where the house says what happened, in the name of who did it."""
    return Venue.private(conversation, faces.get(user_id) or gone(user_id))


async def _mine(chat: Chat, actor: Identity, channel_id: int) -> Conversation:
    found = await store.conversations.one(chat.database.pool, channel_id)
    if found is None or found.seat(actor.user_id) is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    return found


async def _held(unit: Unit, channel_id: int, actor: Identity | None = None) -> Conversation:
    held = await store.conversations.hold(unit, channel_id)
    if held is None or (actor is not None and held.seat(actor.user_id) is None):
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    return held


async def _known(chat: Chat, people: set[int]) -> dict[int, User]:
    faces = await chat.people.faces(people)
    if faces.keys() != people:
        raise DomainError(ErrorCode.INVALID_RECIPIENTS)
    return faces


async def _friends(chat: Chat, user_id: int, others: Collection[int]) -> frozenset[int]:
    """Those who are friends; who is blocked on either side can not be gathered at all."""
    if not others:
        return frozenset()
    call = GetStandings(user_id=UserId(user_id), other_ids=tuple(UserId(other) for other in others))
    standings = (await chat.calls.ask(call)).standings
    if len(others) > 1 and any(one.is_cut for one in standings):
        raise Forbidden(ErrorCode.CANNOT_WRITE_TO_USER)
    return frozenset(int(one.user_id) for one in standings if one.is_friend)
