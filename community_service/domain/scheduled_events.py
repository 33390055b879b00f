"""Scheduled events: what one can be, and what becomes of it as time passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from community_service.domain import recurrences
from community_service.domain.channels import Channel
from community_service.domain.people import Person
from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden, Invalid
from contracts.objects.channel import ChannelType
from contracts.objects.scheduled_event import EntityType, EventStatus, RecurrenceRule
from contracts.permissions import Permission, holds

_LASTS = timedelta(hours=limits.EVENT_HOURS)
_AHEAD = timedelta(days=366 * limits.EVENT_YEARS)
_ROOMS = {EntityType.STAGE: ChannelType.STAGE, EntityType.VOICE: ChannelType.VOICE}
_STEPS = {
    EventStatus.SCHEDULED: frozenset({EventStatus.ACTIVE, EventStatus.CANCELED}),
    EventStatus.ACTIVE: frozenset({EventStatus.COMPLETED, EventStatus.CANCELED}),
}
HOSTING = Permission.VIEW_CHANNEL | Permission.CONNECT
"""What one needs in the channel of an event that one plans."""


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """An event of a guild."""

    id: int
    guild_id: int
    creator_id: int
    name: str
    kind: EntityType
    starts: datetime
    status: EventStatus = EventStatus.SCHEDULED
    channel_id: int | None = None
    location: str | None = None
    description: str | None = None
    image: str | None = None
    ends: datetime | None = None
    recurrence: RecurrenceRule | None = None
    finished: datetime | None = None
    creator: Person | None = None
    interested: int | None = None
    """How many; None where nobody counted."""

    @property
    def is_over(self) -> bool:
        """Whether nothing becomes of it any more."""
        return self.status not in _STEPS

    @property
    def over_at(self) -> datetime:
        """When it ends, if nobody ends it before."""
        return self.ends or self.starts + _LASTS

    @property
    def due(self) -> datetime | None:
        """When it becomes something else by itself."""
        if self.is_over:
            return None
        return self.starts if self.status is EventStatus.SCHEDULED else self.over_at


def can_add(unfinished: int) -> DomainError | None:
    """Whether one more can be planned."""
    is_full = unfinished >= limits.EVENTS_PLANNED
    return Conflict(ErrorCode.MAX_SCHEDULED_EVENTS) if is_full else None


def can_manage(event: ScheduledEvent, user_id: int, granted: Permission) -> DomainError | None:
    """Those who manage all, and whoever planned it while they may still plan others."""
    if holds(granted, Permission.MANAGE_EVENTS):
        return None
    is_own = event.creator_id == user_id and holds(granted, Permission.CREATE_EVENTS)
    return None if is_own else Forbidden()


def can_become(
    before: ScheduledEvent | None, after: ScheduledEvent, now: datetime
) -> DomainError | None:
    """Whether there can be such an event."""
    if before is not None and before.is_over:
        return Conflict(ErrorCode.EVENT_IS_OVER)
    return _wrong_step(before, after) or _wrong_place(after) or _wrong_time(before, after, now)


def can_be_in(event: ScheduledEvent, channel: Channel | None) -> DomainError | None:
    """Whether it can happen there; None: there is no such channel."""
    if channel is None or channel.guild_id != event.guild_id:
        return Invalid({"channel_id": ("CHANNEL_NOT_FOUND", "Unknown channel.")})
    if channel.type is not _ROOMS[event.kind]:
        text = "Not a channel for an event of this type."
        return Invalid({"channel_id": ("GUILD_SCHEDULED_EVENT_CHANNEL_TYPE", text)})
    return None


def stepped(event: ScheduledEvent, now: datetime) -> ScheduledEvent:
    """What it is after the next thing that happens by itself. Of what was missed altogether nobody
    is told that it begins.
    """
    if event.status is EventStatus.SCHEDULED and event.over_at > now:
        return replace(event, status=EventStatus.ACTIVE)
    return over(event, now)


def over(event: ScheduledEvent, now: datetime) -> ScheduledEvent:
    """What it is when this time is over: the next time, or nothing more."""
    rule = event.recurrence
    again = recurrences.next_after(rule, max(event.starts, now)) if rule is not None else None
    if again is None:
        return replace(event, status=EventStatus.COMPLETED, finished=now)
    later = again - event.starts
    ends = event.ends + later if event.ends is not None else None
    return replace(event, status=EventStatus.SCHEDULED, starts=again, ends=ends)


def moves(before: ScheduledEvent, after: ScheduledEvent) -> bool:
    """Whether others see it now than before."""
    return before.channel_id != after.channel_id


def _wrong_step(before: ScheduledEvent | None, after: ScheduledEvent) -> DomainError | None:
    if before is None or before.status is after.status or after.status in _STEPS[before.status]:
        return None
    text = "Not from the status that it has."
    return Invalid({"status": ("GUILD_SCHEDULED_EVENT_STATUS", text)})


def _wrong_place(after: ScheduledEvent) -> DomainError | None:
    if after.kind is EntityType.EXTERNAL:
        if after.channel_id is not None:
            text = "An external event has no channel."
            return Invalid({"channel_id": ("GUILD_SCHEDULED_EVENT_CHANNEL", text)})
        return None if after.location else _missing("entity_metadata.location")
    if after.channel_id is None:
        return _missing("channel_id")
    return None


def _wrong_time(
    before: ScheduledEvent | None, after: ScheduledEvent, now: datetime
) -> DomainError | None:
    if after.kind is EntityType.EXTERNAL and after.ends is None:
        return _missing("scheduled_end_time")
    is_moved = before is None or before.starts != after.starts
    if is_moved and not now < after.starts < now + _AHEAD:
        return _at("scheduled_start_time", "Must lie ahead, and within five years.")
    if is_moved and before is not None and before.status is EventStatus.ACTIVE:
        return _at("scheduled_start_time", "It has begun.")
    if after.ends is not None and not after.starts < after.ends < after.starts + _AHEAD:
        return _at("scheduled_end_time", "Must come after the start.")
    is_ruled = after.recurrence is not None and (
        before is None or before.recurrence != after.recurrence
    )
    return recurrences.can_be(after.recurrence) if is_ruled and after.recurrence else None


def _at(field: str, text: str) -> Invalid:
    return Invalid({field: ("GUILD_SCHEDULED_EVENT_SCHEDULE", text)})


def _missing(field: str) -> Invalid:
    return Invalid({field: ("BASE_TYPE_REQUIRED", "This field is required")})
