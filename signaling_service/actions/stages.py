"""Stages: opened, renamed and closed by those who moderate them; closed by themselves when nobody
speaks there any more. And what is said of a voice channel, until the last one leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

from chassis import reason
from chassis.logs import logger
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden, NotFound
from contracts.events.audit import Governed
from contracts.events.voice import (
    StageInstanceCreate,
    StageInstanceDelete,
    StageInstanceUpdate,
    VoiceChannelStatusUpdate,
)
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.objects.audit import AuditAction, differences
from contracts.objects.channel import ChannelType
from contracts.objects.voice import StageInstance
from contracts.rpc.chat import AnnounceStage, StageDeed
from signaling_service.actions.publishing import publish
from signaling_service.actions.standing import standing_in
from signaling_service.domain import rights
from signaling_service.domain.stays import Stay
from signaling_service.tools import Tools

log = logger("stages")

_LOGGED = {"topic", "privacy_level"}


@dataclass(frozen=True, slots=True)
class Opening:
    """A stage as it is wanted."""

    channel_id: int
    topic: str
    announces: bool = False
    event_id: int | None = None


async def begin(tools: Tools, user_id: int, wish: Opening) -> StageInstance:
    """Open a stage."""
    guild_id, own = await standing_in(tools, user_id, wish.channel_id, {ChannelType.STAGE})
    if not rights.may_open_stage(own.granted):
        raise Forbidden
    if wish.announces and not rights.may_announce(own.granted):
        raise Forbidden
    stage = StageInstance(
        id=Snowflake(tools.new_id()),
        guild_id=GuildId(guild_id),
        channel_id=ChannelId(wish.channel_id),
        topic=wish.topic,
        guild_scheduled_event_id=None if wish.event_id is None else Snowflake(wish.event_id),
    )
    if not await tools.stages.open(stage):
        raise Conflict(ErrorCode.STAGE_OPEN)
    event = StageInstanceCreate(**dict(stage))
    await publish(tools, event, (event.address(),))
    did = AuditAction.STAGE_INSTANCE_CREATE, StageDeed.START
    await _note(tools, user_id, stage, *did, new=stage)
    return stage


async def one(tools: Tools, user_id: int, channel_id: int) -> StageInstance:
    """The stage that is open in a channel which the actor sees."""
    guild_id, _ = await standing_in(tools, user_id, channel_id, {ChannelType.STAGE})
    return await _open(tools, guild_id, channel_id)


async def rename(tools: Tools, user_id: int, channel_id: int, topic: str | None) -> StageInstance:
    """Something else is spoken about."""
    guild_id, own = await standing_in(tools, user_id, channel_id, {ChannelType.STAGE})
    before = await _open(tools, guild_id, channel_id)
    if not rights.may_open_stage(own.granted):
        raise Forbidden
    after = before if topic is None else before.model_copy(update={"topic": topic})
    if after != before:
        await tools.stages.change(after)
        event = StageInstanceUpdate(**dict(after))
        await publish(tools, event, (event.address(),))
        did = AuditAction.STAGE_INSTANCE_UPDATE, StageDeed.TOPIC
        await _note(tools, user_id, after, *did, old=before, new=after)
    return after


async def finish(tools: Tools, user_id: int, channel_id: int) -> None:
    """Close a stage; who is there stays."""
    guild_id, own = await standing_in(tools, user_id, channel_id, {ChannelType.STAGE})
    stage = await _open(tools, guild_id, channel_id)
    if not rights.may_open_stage(own.granted):
        raise Forbidden
    if await close(tools, stage):
        did = AuditAction.STAGE_INSTANCE_DELETE, StageDeed.END
        await _note(tools, user_id, stage, *did, old=stage)


async def close(tools: Tools, stage: StageInstance) -> bool:
    """A stage is over, if it is not already. Of one that ended by itself nobody is to be named."""
    is_over = await tools.stages.close(stage.guild_id, stage.channel_id)
    if is_over:
        event = StageInstanceDelete(**dict(stage))
        await publish(tools, event, (event.address(),))
    return is_over


async def announce(
    tools: Tools, user_id: int, channel_id: int, deed: StageDeed, topic: str = ""
) -> None:
    """Let a message say it. What happened has happened even if that can not be."""
    said = AnnounceStage(
        user_id=UserId(user_id), channel_id=ChannelId(channel_id), deed=deed, topic=topic
    )
    try:
        await tools.calls.ask(said)
    except DomainError as error:
        log.warning("stages.unannounced", channel=channel_id, reason=str(error))


async def _note(
    tools: Tools,
    user_id: int,
    stage: StageInstance,
    action: AuditAction,
    deed: StageDeed,
    *,
    old: StageInstance | None = None,
    new: StageInstance | None = None,
) -> None:
    """Into the guild's log, with the reason of the request, and a message."""
    looks = [one.model_dump(mode="json", include=_LOGGED) if one else {} for one in (old, new)]
    governed = Governed(
        guild_id=stage.guild_id,
        actor_id=UserId(user_id),
        action=action,
        target_id=stage.id,
        options={"channel_id": str(stage.channel_id)},
        changes=differences(*looks),
        reason=reason.current.get(),
    )
    await publish(tools, governed, (governed.address(),))
    await announce(tools, user_id, stage.channel_id, deed, stage.topic)


async def describe(tools: Tools, user_id: int, channel_id: int, status: str | None) -> None:
    """Say what goes on in a voice channel."""
    guild_id, own = await standing_in(tools, user_id, channel_id, {ChannelType.VOICE})
    stay = await tools.stays.one(guild_id, user_id)
    is_there = stay is not None and stay.channel_id == channel_id
    if not rights.may_set_status(own.granted, is_there=is_there):
        raise Forbidden
    await _describe(tools, guild_id, channel_id, status or None)


async def left(tools: Tools, stay: Stay) -> None:
    """Somebody is not in a channel any more: of an empty one nothing is said."""
    guild_id, channel_id = stay.guild_id, stay.channel_id
    if guild_id is None or await tools.statuses.one(guild_id, channel_id) is None:
        return
    if not any(one.channel_id == channel_id for one in await tools.stays.within(guild_id)):
        await _describe(tools, guild_id, channel_id, None)


class Watch:
    """Closes stages on which nobody has spoken for long; remembers since when."""

    def __init__(self, tools: Tools, *, patience_s: float) -> None:
        self._tools = tools
        self._patience_s = patience_s
        self._empty: dict[tuple[int, int], int] = {}

    async def look(self) -> None:
        """At every stage of the house: nobody but the clock looks after those that are empty."""
        now = self._tools.clock.now_ms()
        empty: dict[tuple[int, int], int] = {}
        for name in await self._tools.stages.all():
            stage = await self._tools.stages.one(*name)
            is_there = stage is None or await self._is_there(stage)
            if stage is not None and is_there and await self._has_speaker(stage):
                continue
            since = empty[name] = self._empty.get(name, now)
            if is_there and now - since < self._patience_s * 1000:
                continue
            if stage is not None:
                await close(self._tools, stage)
            else:
                await self._tools.stages.close(*name)  # a name that a crash left behind
        self._empty = empty

    async def _is_there(self, stage: StageInstance) -> bool:
        try:
            return await self._tools.facts.has_channel(stage.guild_id, stage.channel_id)
        except NotFound:
            return False
        except DomainError as error:
            log.info("stages.unsure", channel=stage.channel_id, reason=str(error))
            return True

    async def _has_speaker(self, stage: StageInstance) -> bool:
        stays = await self._tools.stays.within(stage.guild_id)
        return any(one.channel_id == stage.channel_id and not one.suppress for one in stays)


async def _describe(tools: Tools, guild_id: int, channel_id: int, status: str | None) -> None:
    if await tools.statuses.put(guild_id, channel_id, status):
        event = VoiceChannelStatusUpdate(
            id=ChannelId(channel_id), guild_id=GuildId(guild_id), status=status
        )
        await publish(tools, event, (event.address(),))


async def _open(tools: Tools, guild_id: int, channel_id: int) -> StageInstance:
    stage = await tools.stages.one(guild_id, channel_id)
    if stage is None:
        raise NotFound(ErrorCode.UNKNOWN_STAGE)
    return stage
