"""What a gateway session asks for by opcode 4: into a voice channel, into another one, out of
voice, or to be shown otherwise. Who may not is told nothing, as Discord does; the log says why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from chassis.logs import logger
from contracts.errors import NotFound, Unavailable
from contracts.objects.channel import ChannelType
from contracts.rpc.signaling import UpdateVoiceState
from signaling_service.actions import calling, telling
from signaling_service.domain.rights import admission, capacity
from signaling_service.domain.stays import Stay
from signaling_service.tools import Tools

log = logger("voice")


@dataclass(frozen=True, slots=True)
class _Way:
    """How somebody comes into a channel."""

    limit: int = 0
    mute: bool = False
    deaf: bool = False
    suppress: bool = False


async def update(tools: Tools, wish: UpdateVoiceState) -> None:
    """Carry a wish out."""
    async with tools.stays.turn(wish.user_id):
        stays = await tools.stays.of(wish.user_id)
        if wish.channel_id is None:
            await _leave(tools, wish, stays)
            return
        here = next((stay for stay in stays if stay.channel_id == wish.channel_id), None)
        if here is not None and here.session_id == wish.session_id and not here.is_awaited:
            await _show(tools, wish, here)
        else:
            await _join(tools, wish, stays)


def shown(wish: UpdateVoiceState, stay: Stay) -> Stay:
    """The stay, shown as the session wishes."""
    return replace(
        stay,
        self_mute=wish.self_mute,
        self_deaf=wish.self_deaf,
        self_video=wish.self_video,
        self_stream=wish.self_stream,
    )


async def _show(tools: Tools, wish: UpdateVoiceState, here: Stay) -> None:
    after = shown(wish, here)
    await telling.change(tools, here, after)
    if after == here:
        # Nothing else can be meant by asking for what is so already: the way in was lost.
        await telling.invite(tools, after)


async def _leave(tools: Tools, wish: UpdateVoiceState, stays: list[Stay]) -> None:
    for stay in stays:
        is_meant = wish.guild_id is None or stay.guild_id == wish.guild_id
        # A device of a person that hangs up by habit at its start must not end another's call.
        if is_meant and (wish.is_bot or stay.session_id == wish.session_id):
            await telling.end(tools, stay, "left")


async def _join(tools: Tools, wish: UpdateVoiceState, stays: list[Stay]) -> None:
    assert wish.channel_id is not None
    way = await _admitted(tools, wish)
    if way is None:
        return
    node = await tools.nodes.place(wish.channel_id)
    if node is None:
        raise Unavailable(message="no signaling node lives")
    place_id = wish.guild_id or wish.channel_id
    before = next((stay for stay in stays if stay.place_id == place_id), None)
    after = telling.awaited(
        tools,
        Stay(
            user_id=wish.user_id,
            guild_id=wish.guild_id,
            channel_id=wish.channel_id,
            session_id=wish.session_id,
            ticket=tools.new_ticket(),
            node=node.name,
            since_ms=tools.clock.now_ms(),
            is_bot=wish.is_bot,
            mute=way.mute,
            deaf=way.deaf,
            suppress=way.suppress,
        ),
    )
    if not await telling.change(tools, before, shown(wish, after), limit=way.limit):
        log.info("voice.full", user=wish.user_id, channel=wish.channel_id)
        return
    # A person speaks in one place.
    for stay in stays if not wish.is_bot else ():
        if stay.place_id != place_id:
            await telling.end(tools, stay, "duplicate")
    if wish.is_bot:
        # One library may miss the second of two events that come at once.
        await tools.clock.sleep(tools.spans.bot_pause_s)
    await telling.invite(tools, after)


async def _admitted(tools: Tools, wish: UpdateVoiceState) -> _Way | None:
    assert wish.channel_id is not None
    try:
        if wish.guild_id is None:
            them = await calling.those_in(tools, wish.user_id, wish.channel_id)
            await calling.begin(tools, wish.user_id, wish.channel_id, them)
            return _Way()
        standing = await tools.facts.standing(wish.guild_id, wish.channel_id, wish.user_id)
    except NotFound as error:
        log.info("voice.unknown", user=wish.user_id, channel=wish.channel_id, reason=str(error))
        return None
    channel, member = standing.channel, standing.member
    if channel is None or member is None:
        log.info("voice.unknown", user=wish.user_id, channel=wish.channel_id, reason="not there")
        return None
    refusal = admission(channel.type, standing.granted)
    if refusal is not None:
        log.info("voice.refused", user=wish.user_id, channel=wish.channel_id, reason=refusal.value)
        return None
    return _Way(
        limit=capacity(channel.user_limit, standing.granted),
        mute=member.mute,
        deaf=member.deaf,
        suppress=channel.type is ChannelType.STAGE,
    )
