"""What is done to somebody in voice by somebody else: moved, disconnected, muted, let up onto a
stage. And what the members of a stage ask for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden, Invalid, NotFound
from contracts.identity import Identity
from contracts.objects.channel import ChannelType
from contracts.objects.voice import VoiceState
from contracts.permissions import Permission, holds
from contracts.rpc.chat import StageDeed
from contracts.rpc.signaling import Governing, GovernVoice
from signaling_service import views
from signaling_service.actions import stages, telling
from signaling_service.domain import rights
from signaling_service.domain.stays import Stay
from signaling_service.facts import Standing
from signaling_service.tools import Tools


async def govern(tools: Tools, call: GovernVoice) -> None:
    """Do what community_service was asked for; it has looked at permissions in the guild."""
    async with tools.stays.turn(call.user_id):
        stay = await tools.stays.one(call.guild_id, call.user_id)
        if stay is None:
            raise Conflict(ErrorCode.TARGET_NOT_IN_VOICE)
        if call.what is Governing.MOVE:
            assert call.channel_id is not None
            await _move(tools, call, stay, int(call.channel_id))
        elif call.what is Governing.DISCONNECT:
            await telling.end(tools, stay, "disconnected")


async def refresh(tools: Tools, stay: Stay) -> None:
    """Look again at what somebody may, within their turn: out with who may not be there."""
    if stay.guild_id is None:
        return
    try:
        standing = await tools.facts.standing(stay.guild_id, stay.channel_id, stay.user_id)
    except NotFound:
        await telling.end(tools, stay, "gone")
        return
    channel, member = standing.channel, standing.member
    if channel is None or member is None:
        await telling.end(tools, stay, "gone")
    elif rights.admission(channel.type, standing.granted, was_moved=stay.was_moved) is not None:
        await telling.end(tools, stay, "forbidden")
    else:
        after = replace(stay, mute=member.mute, deaf=member.deaf)
        # Told even if nothing is to be seen: the connection's rights may be others.
        await telling.change(tools, stay, after)


async def _move(tools: Tools, call: GovernVoice, stay: Stay, channel_id: int) -> None:
    mover = await tools.facts.standing(call.guild_id, channel_id, call.actor_id)
    target = await tools.facts.standing(call.guild_id, channel_id, call.user_id)
    if mover.channel is None or mover.channel.type not in rights.AUDIBLE:
        raise Invalid({"channel_id": ("CHANNEL_TYPE_INVALID", "Must be a voice channel")})
    if not holds(mover.granted, Permission.CONNECT | Permission.MOVE_MEMBERS):
        raise Forbidden
    refusal = rights.admission(mover.channel.type, target.granted, was_moved=True)
    if refusal is not None:
        # Nobody is brought where they see nothing.
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    if stay.channel_id == channel_id:
        return
    node = await tools.nodes.place(channel_id)
    assert node is not None, "this one lives"
    after = replace(
        telling.awaited(tools, stay),
        channel_id=channel_id,
        node=node.name,
        ticket=tools.new_ticket(),
        suppress=mover.channel.type is ChannelType.STAGE,
        asked_ms=0,
        has_camera=False,
        has_screen=False,
        was_moved=True,
    )
    await telling.change(tools, stay, after)
    await telling.invite(tools, after)


async def state_of(tools: Tools, actor: Identity, guild_id: int, user_id: int) -> VoiceState:
    """Somebody's voice state, if the actor sees where they are."""
    stay = await tools.stays.one(guild_id, user_id)
    if stay is None:
        raise NotFound(ErrorCode.UNKNOWN_VOICE_STATE)
    own = await tools.facts.standing(guild_id, stay.channel_id, actor.user_id)
    if own.member is None:
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    if user_id != actor.user_id and not holds(own.granted, Permission.VIEW_CHANNEL):
        raise NotFound(ErrorCode.UNKNOWN_VOICE_STATE)
    return views.state(stay, await tools.facts.member(guild_id, user_id))


@dataclass(frozen=True, slots=True)
class StageWish:
    """What is to become of somebody at a stage; None: unsaid."""

    channel_id: int | None = None
    suppress: bool | None = None
    asks: bool | None = None


async def edit_state(
    tools: Tools, actor: Identity, guild_id: int, user_id: int, wish: StageWish
) -> None:
    """Up onto a stage or down from it, or a hand raised or taken back."""
    async with tools.stays.turn(user_id):
        stay = await tools.stays.one(guild_id, user_id)
        if stay is None:
            raise NotFound(ErrorCode.UNKNOWN_VOICE_STATE)
        own = await tools.facts.standing(guild_id, stay.channel_id, actor.user_id)
        _look(own, stay, wish.channel_id)
        refusal = _refusal(own, stay, wish, is_own=user_id == actor.user_id)
        if refusal is not None:
            raise refusal
        after = stay
        if wish.suppress is not None:
            after = replace(after, suppress=wish.suppress, asked_ms=0)
        if wish.asks is not None:
            after = replace(after, asked_ms=tools.clock.now_ms() if wish.asks else 0)
        await telling.change(tools, stay, after)
    if stay.suppress and not after.suppress:
        await stages.announce(tools, user_id, stay.channel_id, StageDeed.SPEAKER)


def _look(own: Standing, stay: Stay, channel_id: int | None) -> None:
    if own.member is None:
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    if channel_id is not None and channel_id != stay.channel_id:
        raise Conflict(ErrorCode.TARGET_NOT_IN_VOICE)
    if own.channel is None or own.channel.type is not ChannelType.STAGE:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)


def _refusal(own: Standing, stay: Stay, wish: StageWish, *, is_own: bool) -> DomainError | None:
    may_moderate = rights.may_moderate_stage(own.granted)
    goes_up = wish.suppress is False and stay.suppress
    if (goes_up or not is_own) and not may_moderate:
        return Forbidden()
    if wish.asks and not (is_own and rights.may_ask_to_speak(own.granted)):
        return Forbidden()
    return None
