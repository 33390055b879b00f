"""Scheduled events of guilds: what happens where and when, and who is interested."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from pydantic import Field

from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.objects.member import Member
from contracts.objects.user import User
from contracts.wire import JSON, Timestamp, Wire


class EntityType(IntEnum):
    """Where it happens."""

    STAGE = 1
    VOICE = 2
    EXTERNAL = 3
    """Somewhere in the world, or at a link."""


class EventStatus(IntEnum):
    """How far it is."""

    SCHEDULED = 1
    ACTIVE = 2
    COMPLETED = 3
    CANCELED = 4


class Frequency(IntEnum):
    """How often it comes again."""

    YEARLY = 0
    MONTHLY = 1
    WEEKLY = 2
    DAILY = 3


class NthWeekday(Wire):
    """The second Tuesday of a month: n 2, day 1. The fifth is the last."""

    n: int
    day: int


class RecurrenceRule(Wire):
    """When it comes again. Weekdays count from Monday, which is 0."""

    start: Timestamp
    end: Timestamp | None = None
    frequency: Frequency
    interval: int = 1
    by_weekday: tuple[int, ...] | None = None
    by_n_weekday: tuple[NthWeekday, ...] | None = None
    by_month: tuple[int, ...] | None = None
    by_month_day: tuple[int, ...] | None = None
    by_year_day: tuple[int, ...] | None = None
    count: int | None = None


class Location(Wire):
    """Where an external event is."""

    location: str


class ScheduledEvent(Wire):
    """An event of a guild. `user_count` is there when it was asked for."""

    omit: ClassVar[frozenset[str]] = frozenset({"creator", "user_count"})

    id: Snowflake
    guild_id: GuildId
    channel_id: ChannelId | None = None
    creator_id: UserId | None = None
    creator: User | None = None
    name: str
    description: str | None = None
    image: str | None = None
    scheduled_start_time: Timestamp
    scheduled_end_time: Timestamp | None = None
    privacy_level: int = 2
    status: EventStatus
    entity_type: EntityType
    entity_id: Snowflake | None = None
    entity_metadata: Location | None = None
    recurrence_rule: RecurrenceRule | None = None
    guild_scheduled_event_exceptions: tuple[JSON, ...] = ()
    user_count: int | None = None


class InterestedUser(Wire):
    """Somebody who is interested in an event."""

    omit: ClassVar[frozenset[str]] = frozenset({"user", "member"})

    guild_scheduled_event_id: Snowflake
    user_id: UserId
    response: int = 1
    user: User | None = None
    member: Member | None = None


class InterestedCount(Wire):
    """How many are interested; none in single occurrences, which can not be told apart here."""

    guild_scheduled_event_count: int
    guild_scheduled_event_exception_counts: JSON = Field(default_factory=dict)
