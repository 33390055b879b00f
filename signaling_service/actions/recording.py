"""A voice channel is recorded at the request of whoever may, wherever in the house it is spoken."""

from __future__ import annotations

from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden
from contracts.events.voice import RecordingAnswered, RecordingAsked
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.objects.recording import Recording
from contracts.rpc.chat import BeginRecording
from contracts.wire import from_ms
from signaling_service.actions.publishing import publish
from signaling_service.actions.standing import standing_in
from signaling_service.answers import settled
from signaling_service.domain import rights
from signaling_service.hall.hall import Hall
from signaling_service.tools import Tools


async def begin(tools: Tools, user_id: int, channel_id: int) -> Recording:
    """Have it recorded."""
    guild_id = await _governed(tools, user_id, channel_id)
    await _require_people(tools, guild_id, channel_id, ErrorCode.NOBODY_SPEAKS)
    number, began_ms = tools.new_id(), tools.clock.now_ms()
    await _ask(tools, channel_id, number, begins=True)
    begun = BeginRecording(
        recording_id=Snowflake(number),
        channel_id=ChannelId(channel_id),
        user_id=UserId(user_id),
    )
    try:
        await tools.calls.ask(begun)
    except DomainError:
        # Nothing is recorded of which nobody was told.
        await _ask(tools, channel_id, number, begins=False, is_unwanted=True)
        raise
    return Recording(
        id=Snowflake(number),
        channel_id=ChannelId(channel_id),
        guild_id=GuildId(guild_id),
        user_id=UserId(user_id),
        started_at=from_ms(began_ms),
    )


async def stop(tools: Tools, user_id: int, channel_id: int, recording_id: int) -> None:
    """End it."""
    guild_id = await _governed(tools, user_id, channel_id)
    await _require_people(tools, guild_id, channel_id, ErrorCode.UNKNOWN_RECORDING)
    await _ask(tools, channel_id, recording_id, begins=False)


async def carry_out(tools: Tools, hall: Hall, asked: RecordingAsked) -> None:
    """Do it, if the channel is spoken here, and answer whoever asked."""
    room = hall.rooms.get(str(int(asked.channel_id)))
    if room is None:
        return
    refusal, number = "", int(asked.recording_id)
    try:
        if asked.begins:
            await hall.record(room, number)
        else:
            await hall.unrecord(room, number, is_unwanted=asked.is_unwanted)
    except DomainError as error:
        refusal = error.error.name
    answer = RecordingAnswered(asked_id=asked.asked_id, refusal=refusal)
    await publish(tools, answer, (answer.address(),))


async def _ask(
    tools: Tools, channel_id: int, number: int, *, begins: bool, is_unwanted: bool = False
) -> None:
    asked = RecordingAsked(
        asked_id=Snowflake(tools.new_id()),
        channel_id=ChannelId(channel_id),
        recording_id=Snowflake(number),
        begins=begins,
        is_unwanted=is_unwanted,
    )
    answered = tools.answers.expect(int(asked.asked_id))
    try:
        await publish(tools, asked, (asked.address(),))
        await settled(answered)
    finally:
        answered.cancel()


async def _require_people(tools: Tools, guild_id: int, channel_id: int, refusal: ErrorCode) -> None:
    stays = await tools.stays.within(guild_id)
    if not any(one.channel_id == channel_id and not one.is_awaited for one in stays):
        raise Conflict(refusal)


async def _governed(tools: Tools, user_id: int, channel_id: int) -> int:
    guild_id, own = await standing_in(tools, user_id, channel_id, rights.AUDIBLE)
    if not rights.may_record(own.granted):
        raise Forbidden
    return int(guild_id)
