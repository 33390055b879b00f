"""Scheduled events are planned, looked at, edited and called off; they begin and end by themselves.
One in a channel is for those who see the channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from community_service import agenda, store, views
from community_service.actions import audit
from community_service.actions.access import access_guild, require, require_permission
from community_service.domain import scheduled_events as rules
from community_service.domain.access import InGuild
from community_service.domain.audit import changes_between
from community_service.domain.channels import Channel
from community_service.domain.members import Member
from community_service.domain.scheduled_events import ScheduledEvent
from community_service.tools import Unit
from contracts import limits
from contracts.errors import ErrorCode, NotFound
from contracts.events.base import Event
from contracts.events.scheduled_event import (
    ScheduledEventCreate,
    ScheduledEventDelete,
    ScheduledEventUpdate,
    ScheduledEventUserAdd,
    ScheduledEventUserRemove,
)
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.objects.audit import AuditAction
from contracts.objects.scheduled_event import EntityType, EventStatus
from contracts.permissions import Permission, holds

_LOOKED_AT = {"creator", "user_count"}


async def of_guild(unit: Unit, guild_id: int, *, is_counted: bool) -> list[ScheduledEvent]:
    """Those that the actor sees, of what is planned or under way."""
    here = await access_guild(unit, guild_id)
    found = await store.scheduled_events.of_guild(
        unit, guild_id, limits.EVENTS_PLANNED, is_counted=is_counted
    )
    ids = {one.channel_id for one in found if one.channel_id is not None}
    channels = await store.channels.by_ids(unit, sorted(ids)) if ids else []
    by_id = {channel.id: channel for channel in channels}
    return [one for one in found if _is_seen(unit, here, by_id.get(one.channel_id or 0), one)]


async def one(
    unit: Unit, guild_id: int, event_id: int, *, is_counted: bool = False
) -> ScheduledEvent:
    """One of them, over or not."""
    here = await access_guild(unit, guild_id)
    return await _seen(unit, here, event_id, is_counted=is_counted)


async def may_plan(unit: Unit, guild_id: int, channel_id: int | None) -> int:
    """Refuse who may not plan one there, before anybody works on its picture; its id."""
    here = await access_guild(unit, guild_id)
    channel = None if channel_id is None else await store.channels.by_id(unit, channel_id)
    require_permission(here.standing.granted(unit.now, channel), Permission.CREATE_EVENTS)
    return unit.new_id()


async def may_edit(unit: Unit, guild_id: int, event_id: int) -> None:
    """The same for one that is there."""
    await _managed(unit, await access_guild(unit, guild_id), event_id)


async def plan(unit: Unit, guild_id: int, event_id: int, said: Mapping[str, Any]) -> ScheduledEvent:
    """Plan an event."""
    here = await access_guild(unit, guild_id, for_change=True)
    creator = (await store.people.by_ids(unit, [unit.actor.user_id])).get(unit.actor.user_id)
    fresh = ScheduledEvent(
        id=event_id, guild_id=guild_id, creator_id=unit.actor.user_id, creator=creator, **said
    )
    require(rules.can_become(None, fresh, unit.now))
    granted = await _granted(unit, here, fresh)
    require_permission(granted, Permission.CREATE_EVENTS)
    require(rules.can_add(await store.scheduled_events.count(unit, guild_id)))
    await store.scheduled_events.add(unit, fresh)
    await _record(unit, AuditAction.GUILD_SCHEDULED_EVENT_CREATE, None, fresh)
    _tell(unit, ScheduledEventCreate, fresh)
    return fresh


async def edit(unit: Unit, guild_id: int, event_id: int, said: Mapping[str, Any]) -> ScheduledEvent:
    """Change an event, begin it, end it or call it off. What comes again is only over for this
    time.
    """
    here = await access_guild(unit, guild_id, for_change=True)
    before = await _managed(unit, here, event_id, for_change=True)
    after = replace(before, **_fitting(before, said))
    require(rules.can_become(before, after, unit.now))
    if after.channel_id != before.channel_id or after.kind is not before.kind:
        granted = await _granted(unit, here, after)
        require(rules.can_manage(before, unit.actor.user_id, granted))
    if after.status is EventStatus.COMPLETED:
        after = rules.over(after, unit.now)
    elif after.status is EventStatus.CANCELED:
        after = replace(after, finished=unit.now)
    if after != before:
        await store.scheduled_events.change(unit, after)
        await _record(unit, AuditAction.GUILD_SCHEDULED_EVENT_UPDATE, before, after)
        _tell_change(unit, before, after)
    return after


async def remove(unit: Unit, guild_id: int, event_id: int) -> ScheduledEvent:
    """Delete an event, over or not."""
    here = await access_guild(unit, guild_id, for_change=True)
    gone = await _managed(unit, here, event_id, for_change=True)
    await store.scheduled_events.remove(unit, [gone.id])
    await _record(unit, AuditAction.GUILD_SCHEDULED_EVENT_DELETE, gone, None)
    _tell(unit, ScheduledEventDelete, gone)
    return gone


async def remove_in(unit: Unit, channel: Channel) -> None:
    """A channel goes, and what was to happen there does not."""
    gone = await store.scheduled_events.in_channel(unit, channel.id)
    for event in gone:
        _tell(unit, ScheduledEventDelete, replace(event, status=EventStatus.CANCELED))
    await store.scheduled_events.remove(unit, [event.id for event in gone])


async def pass_time(unit: Unit, limit: int) -> int:
    """Let begin and end what does so now; how many."""
    due = await store.scheduled_events.take_due(unit, limit)
    for event in due:
        after = rules.stepped(event, unit.now)
        await store.scheduled_events.change(unit, after)
        _tell(unit, ScheduledEventUpdate, after)
    return len(due)


async def forget_finished(unit: Unit, limit: int) -> int:
    """Forget some of what was over long ago."""
    before = unit.now - timedelta(days=limits.EVENT_KEPT_DAYS)
    return await store.scheduled_events.forget_finished(unit, before, limit)


# Who is interested.


async def interest(unit: Unit, guild_id: int, event_id: int) -> None:
    """The actor is interested, and will be told when it begins."""
    here = await access_guild(unit, guild_id)
    event = await _seen(unit, here, event_id)
    if event.is_over:
        raise NotFound(ErrorCode.UNKNOWN_SCHEDULED_EVENT)
    if await store.scheduled_events.interest(unit, event, unit.actor.user_id):
        _tell_interest(unit, ScheduledEventUserAdd, event)


async def lose_interest(unit: Unit, guild_id: int, event_id: int) -> None:
    """The actor is interested no longer."""
    here = await access_guild(unit, guild_id)
    event = await _seen(unit, here, event_id)
    if await store.scheduled_events.lose_interest(unit, event.id, unit.actor.user_id):
        _tell_interest(unit, ScheduledEventUserRemove, event)


async def mine(unit: Unit, guild_ids: Sequence[int]) -> list[int]:
    """In what the actor is interested, of what is not over in these guilds."""
    found = await store.scheduled_events.of_person(unit, unit.actor.user_id, guild_ids)
    return [event_id for _, event_id in found]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the interested are asked for."""

    before: int | None = None
    after: int | None = None
    limit: int = limits.INTERESTED_PAGE_MAX


async def interested(unit: Unit, guild_id: int, event_id: int, wanted: Wanted) -> list[Member]:
    """A page of who is, by user id: members, as who leaves is not."""
    event = await one(unit, guild_id, event_id)
    ids = await store.scheduled_events.interested(
        unit, event.id, before=wanted.before, after=wanted.after, limit=wanted.limit
    )
    found = await store.members.by_ids(unit, guild_id, ids) if ids else []
    return sorted(found, key=lambda member: member.person.user_id)


async def everybody(unit: Unit, event_id: int, after: int, limit: int) -> list[int]:
    """The same for a neighbour, who is told of everything."""
    return await store.scheduled_events.interested(unit, event_id, after=after, limit=limit)


def _fitting(before: ScheduledEvent, said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said; an event that moves out into the world leaves its channel, and the other way
    round.
    """
    kind = said.get("kind", before.kind)
    if kind is before.kind:
        return dict(said)
    left = {"channel_id": None} if kind is EntityType.EXTERNAL else {"location": None}
    return {**left, **said}


async def _granted(unit: Unit, here: InGuild, event: ScheduledEvent) -> Permission:
    """What the actor may do where it is to happen; refused where nobody could."""
    if event.channel_id is None:
        return here.granted
    channel = await store.channels.by_id(unit, event.channel_id)
    require(rules.can_be_in(event, channel))
    granted = here.standing.granted(unit.now, channel)
    require_permission(granted, rules.HOSTING)
    return granted


async def _seen(
    unit: Unit, here: InGuild, event_id: int, *, is_counted: bool = False, for_change: bool = False
) -> ScheduledEvent:
    guild_id = here.guild.id
    event = await store.scheduled_events.one(
        unit, guild_id, event_id, is_counted=is_counted, for_change=for_change
    )
    channel = None
    if event is not None and event.channel_id is not None:
        channel = await store.channels.by_id(unit, event.channel_id)
    if event is None or not _is_seen(unit, here, channel, event):
        raise NotFound(ErrorCode.UNKNOWN_SCHEDULED_EVENT)
    return event


async def _managed(
    unit: Unit, here: InGuild, event_id: int, *, for_change: bool = False
) -> ScheduledEvent:
    event = await _seen(unit, here, event_id, for_change=for_change)
    channel = None
    if event.channel_id is not None:
        channel = await store.channels.by_id(unit, event.channel_id)
    granted = here.standing.granted(unit.now, channel)
    require(rules.can_manage(event, unit.actor.user_id, granted))
    return event


def _is_seen(unit: Unit, here: InGuild, channel: Channel | None, event: ScheduledEvent) -> bool:
    if event.channel_id is not None and channel is None:
        return False
    return holds(here.standing.granted(unit.now, channel), Permission.VIEW_CHANNEL)


async def _record(
    unit: Unit, action: AuditAction, before: ScheduledEvent | None, after: ScheduledEvent | None
) -> None:
    event = after or before
    assert event is not None
    looks = [agenda.planned(each) if each else None for each in (before, after)]
    changes = changes_between(*looks, without=_LOOKED_AT)
    await audit.record(unit, event.guild_id, action, event.id, changes=changes)


def _tell_change(unit: Unit, before: ScheduledEvent, after: ScheduledEvent) -> None:
    """Where others see it than before, it is gone for the ones and new for the others."""
    if rules.moves(before, after):
        _tell(unit, ScheduledEventDelete, before)
        _tell(unit, ScheduledEventCreate, after)
    else:
        _tell(unit, ScheduledEventUpdate, after)


def _tell(unit: Unit, event: type[Event], what: ScheduledEvent) -> None:
    unit.emit(views.event(event, agenda.planned(what)))


def _tell_interest(
    unit: Unit,
    event: type[ScheduledEventUserAdd | ScheduledEventUserRemove],
    what: ScheduledEvent,
) -> None:
    unit.emit(
        event(
            guild_scheduled_event_id=Snowflake(what.id),
            user_id=UserId(unit.actor.user_id),
            guild_id=GuildId(what.guild_id),
            channel_id=None if what.channel_id is None else ChannelId(what.channel_id),
        )
    )
