"""The message that tells of a call: it is said when the call begins, and names the end and those
who took part when it is over. Whoever is not named has missed it. And those that tell of stages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chat_service import store
from chat_service.actions import announcing, changing, conversations, showing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import enter
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts.errors import ErrorCode, Forbidden, NotFound
from contracts.identity import Identity
from contracts.objects.channel import ChannelType
from contracts.rpc.chat import StageDeed
from contracts.wire import JSON, timestamp

_CALL = 3


async def begin(chat: Chat, actor: Identity, channel_id: int) -> int:
    """Somebody calls; the id of the message."""
    venue = await enter(chat, actor, channel_id)
    if venue.conversation is None:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    faces = await chat.people.faces(venue.conversation.people)
    async with chat.units.open(actor) as unit:
        await conversations.revive(unit, venue, faces)
        call = _told([actor.user_id], None)
        return (await announcing.announce(unit, venue, _CALL, carries={"call": call})).id


async def end(
    chat: Chat, actor: Identity, channel_id: int, message_id: int, people: Sequence[int]
) -> None:
    """The call is over."""
    venue = await enter(chat, actor, channel_id)
    async with chat.units.open(actor) as unit:
        after = await _ended(unit, channel_id, message_id, people)
        changing.tell_changed(unit, venue, after, await showing.look(chat, actor.user_id, [after]))


async def tell_of_stage(
    chat: Chat, actor: Identity, channel_id: int, deed: StageDeed, topic: str
) -> None:
    """Somebody did something at a stage, for those who read its channel."""
    venue = await enter(chat, actor, channel_id)
    if venue.channel is None or venue.channel.type is not ChannelType.STAGE:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    async with chat.units.open(actor) as unit:
        said = "" if deed is StageDeed.SPEAKER else topic
        await announcing.announce(unit, venue, int(deed), said)


async def _ended(unit: Unit, channel_id: int, message_id: int, people: Sequence[int]) -> Message:
    held = await store.writing.hold(unit, channel_id, message_id)
    if held is None or held.type != _CALL:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    call = _told(people, timestamp(unit.now))
    after = replace(held, extras={**(held.extras or {}), "call": call})
    await store.writing.change(unit, held, extras=after.extras)
    return after


def _told(people: Sequence[int], ended: str | None) -> JSON:
    return {"participants": [str(int(one)) for one in people], "ended_timestamp": ended}
