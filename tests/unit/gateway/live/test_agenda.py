"""Scheduled events in GUILD_CREATE: those of channels that one sees, until they are over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from contracts.ids import ChannelId, GuildId, Snowflake
from contracts.objects.scheduled_event import EntityType, EventStatus, ScheduledEvent
from gateway.live.agenda import Agenda

HERE, HIDDEN = 11, 12


def event(number: int, channel: int | None = None, **how: Any) -> ScheduledEvent:
    given: dict[str, Any] = {"status": EventStatus.SCHEDULED, "entity_type": EntityType.VOICE}
    return ScheduledEvent(
        id=Snowflake(number),
        guild_id=GuildId(1),
        channel_id=ChannelId(channel) if channel else None,
        name="night",
        scheduled_start_time=datetime(2026, 1, 1, tzinfo=UTC),
        **(given | how),
    )


def seen(agenda: Agenda, *, is_in: bool = True) -> list[int]:
    listed = orjson.loads(agenda.listed(frozenset({HERE}), is_in=is_in))
    return sorted(int(each["id"]) for each in listed)


def test_events_are_seen_with_their_channel_until_they_are_over() -> None:
    agenda = Agenda([event(1, HERE), event(2, HIDDEN)])
    agenda.take(event(3).encode())
    assert seen(agenda) == [1, 3]
    assert seen(agenda, is_in=False) == [1]
    agenda.take(event(2, HERE, status=EventStatus.ACTIVE).encode())
    agenda.take(event(1, HERE, status=EventStatus.COMPLETED).encode())
    assert seen(agenda) == [2, 3]
    agenda.drop(event(3).encode())
    agenda.drop(event(3).encode())
    assert seen(agenda) == [2]
