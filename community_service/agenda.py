"""How scheduled events look from outside: the rest of views.py. Pure."""

from __future__ import annotations

from community_service.domain.members import Member
from community_service.domain.scheduled_events import ScheduledEvent
from community_service.views import member, user
from contracts.objects.scheduled_event import InterestedUser, Location
from contracts.objects.scheduled_event import ScheduledEvent as ScheduledEventShape


def planned(one: ScheduledEvent) -> ScheduledEventShape:
    """An event that is planned, under way or over."""
    return ScheduledEventShape(
        id=one.id,
        guild_id=one.guild_id,
        channel_id=one.channel_id,
        creator_id=one.creator_id,
        creator=user(one.creator) if one.creator else None,
        name=one.name,
        description=one.description,
        image=one.image,
        scheduled_start_time=one.starts,
        scheduled_end_time=one.ends,
        status=one.status,
        entity_type=one.kind,
        entity_metadata=Location(location=one.location) if one.location else None,
        recurrence_rule=one.recurrence,
        user_count=one.interested,
    )


def interested(event_id: int, one: Member, *, is_member: bool) -> InterestedUser:
    """Somebody who is interested in an event."""
    return InterestedUser(
        guild_scheduled_event_id=event_id,
        user_id=one.person.user_id,
        user=user(one.person),
        member=member(one) if is_member else None,
    )


def interest(event_id: int, user_id: int) -> InterestedUser:
    """The same as oneself is told it."""
    return InterestedUser(guild_scheduled_event_id=event_id, user_id=user_id)
