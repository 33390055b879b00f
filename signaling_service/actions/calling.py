"""Calls in conversations: they begin with the first one in, ring, and end with the last one out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from contracts import topics
from contracts.errors import DomainError, ErrorCode, Forbidden, NotFound
from contracts.events.base import Event
from contracts.events.voice import CallCreate, CallDelete, CallUpdate
from contracts.ids import ChannelId, UserId
from contracts.rpc.chat import AnnounceCall, EndCall, GetPrivateChannel
from contracts.rpc.users import GetStandings
from signaling_service import views
from signaling_service.actions.publishing import publish
from signaling_service.domain.calls import Call
from signaling_service.domain.stays import Stay
from signaling_service.tools import Tools


async def people(tools: Tools, channel_id: int) -> tuple[int, ...]:
    """Everybody in a conversation in which there is a call."""
    call = await tools.ongoing.one(channel_id)
    return call.people if call is not None else ()


async def those_in(tools: Tools, user_id: int, channel_id: int) -> tuple[int, ...]:
    """Everybody in a conversation, if this one is among them. A pair of which one has blocked the
    other does not speak.
    """
    asked = GetPrivateChannel(user_id=UserId(user_id), channel_id=ChannelId(channel_id))
    channel = (await tools.calls.ask(asked)).channel
    if channel is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    others = tuple(int(one.id) for one in channel.recipients)
    if len(others) == 1:
        pair = GetStandings(user_id=UserId(user_id), other_ids=(UserId(others[0]),))
        for standing in (await tools.calls.ask(pair)).standings:
            if standing.has_blocked or standing.is_blocked_by:
                raise Forbidden(ErrorCode.CANNOT_WRITE_TO_USER)
    return (user_id, *others)


async def begin(tools: Tools, user_id: int, channel_id: int, them: tuple[int, ...]) -> None:
    """There is a call from now on, if there was none; somebody comes into it."""
    if await tools.ongoing.one(channel_id) is None:
        told = await tools.calls.ask(
            AnnounceCall(user_id=UserId(user_id), channel_id=ChannelId(channel_id))
        )
        now = tools.clock.now_ms()
        call = Call(channel_id, int(told.message_id), user_id, now, them, took_part=(user_id,))
        if await tools.ongoing.begin(call):
            await _tell(tools, call, CallCreate(**views.ringing(call, tools.region)))
            return
    changed = await tools.ongoing.change(channel_id, lambda call: call.joined(user_id))
    await _tell_rings(tools, changed)


async def left(tools: Tools, stay: Stay) -> None:
    """Somebody went out of a call; the last one ends it."""
    if await tools.stays.within(stay.channel_id):
        return
    call = await tools.ongoing.end(stay.channel_id)
    if call is None:
        return
    await _tell(tools, call, CallDelete(channel_id=ChannelId(call.channel_id)))
    ended = EndCall(
        channel_id=ChannelId(call.channel_id),
        message_id=call.message_id,
        user_id=UserId(call.caller_id),
        participants=tuple(UserId(one) for one in call.took_part),
    )
    try:
        await tools.calls.ask(ended)
    except DomainError:
        # The message keeps saying that the call goes on; nobody is kept in it for that.
        return


async def look(tools: Tools, user_id: int, channel_id: int) -> bool:
    """Whether somebody can be called in a conversation of this person's."""
    return len(await those_in(tools, user_id, channel_id)) > 1


async def ring(tools: Tools, user_id: int, channel_id: int, whom: Collection[int] | None) -> None:
    """Let it ring for these, or for everybody who is not in it. Only who is in it may."""
    await those_in(tools, user_id, channel_id)
    async with tools.stays.turn(user_id):
        # The call is told of before its first one is in it: who rings at once is coming in still.
        here = {stay.user_id for stay in await tools.stays.within(channel_id)}
    if user_id not in here:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    now = tools.clock.now_ms()
    changed = await tools.ongoing.change(channel_id, lambda call: call.rings(whom, here, now))
    if changed is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    await _tell_rings(tools, changed)


async def stop_ringing(
    tools: Tools, user_id: int, channel_id: int, whom: Collection[int] | None
) -> None:
    """Let it ring no longer for these; for nobody named: not for oneself (one declines)."""
    await those_in(tools, user_id, channel_id)
    silenced = set(whom) if whom else {user_id}
    await _tell_rings(
        tools, await tools.ongoing.change(channel_id, lambda call: call.silences(silenced))
    )


async def _tell_rings(tools: Tools, changed: tuple[Call, Call] | None) -> None:
    if changed is not None and changed[0].ringing != changed[1].ringing:
        call = changed[1]
        await _tell(tools, call, CallUpdate(**views.ringing(call, tools.region)))


async def _tell(tools: Tools, call: Call, event: Event) -> None:
    await publish(tools, event, tuple(topics.user(one) for one in call.people))


async def forget_ringing(tools: Tools, call: Call) -> None:
    """It rang for long enough."""
    await _tell_rings(
        tools, await tools.ongoing.change(call.channel_id, lambda one: replace(one, ringing=()))
    )
