"""Scheduled events, and who is interested in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.sql import among
from community_service.domain.scheduled_events import ScheduledEvent
from community_service.store import people as faces
from community_service.tables import interests, people, scheduled_events
from community_service.tools import Unit
from contracts.objects.scheduled_event import EntityType, EventStatus, RecurrenceRule

_NOT_KEPT = {"creator", "interested"}
_NAMES = [field.name for field in fields(ScheduledEvent) if field.name not in _NOT_KEPT]
_COUNT = (
    select(func.count())
    .where(interests.c.event_id == scheduled_events.c.id)
    .correlate(scheduled_events)
    .scalar_subquery()
    .label("interested")
)


def _row(event: ScheduledEvent) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in _NAMES}
    rule = event.recurrence.dump() if event.recurrence is not None else None
    kept = {"kind": int(event.kind), "status": int(event.status), "recurrence": rule}
    return {**values, **kept, "due": event.due}


def _read(row: Row[Any], *, is_counted: bool = False) -> ScheduledEvent:
    values = {name: row._mapping[scheduled_events.c[name]] for name in _NAMES}
    rule = values["recurrence"]
    read = {
        "kind": EntityType(values["kind"]),
        "status": EventStatus(values["status"]),
        "recurrence": RecurrenceRule.model_validate(rule) if rule else None,
        "creator": faces.read(row) if row.person_user_id is not None else None,
        "interested": row.interested if is_counted else None,
    }
    return ScheduledEvent(**{**values, **read})


def _found(*, is_counted: bool = False) -> Select[Any]:
    columns = (*scheduled_events.c, *faces.columns, *((_COUNT,) if is_counted else ()))
    return select(*columns).select_from(
        scheduled_events.outerjoin(people, people.c.user_id == scheduled_events.c.creator_id)
    )


async def of_guild(
    unit: Unit, guild_id: int, limit: int, *, is_counted: bool = False
) -> list[ScheduledEvent]:
    """What is planned or under way, the next first."""
    found = _found(is_counted=is_counted).where(
        scheduled_events.c.guild_id == guild_id, scheduled_events.c.due.is_not(None)
    )
    ordered = found.order_by(scheduled_events.c.starts, scheduled_events.c.id).limit(limit)
    return [_read(row, is_counted=is_counted) for row in await unit.all(ordered)]


async def one(
    unit: Unit, guild_id: int, event_id: int, *, is_counted: bool = False, for_change: bool = False
) -> ScheduledEvent | None:
    """One of a guild. `for_change` holds it: neither a job nor anybody else changes it."""
    mine = (scheduled_events.c.id == event_id, scheduled_events.c.guild_id == guild_id)
    if for_change:
        await unit.one(select(scheduled_events.c.id).where(*mine).with_for_update())
    row = await unit.one(_found(is_counted=is_counted).where(*mine))
    return _read(row, is_counted=is_counted) if row is not None else None


async def by_ids(unit: Unit, guild_id: int, event_ids: Collection[int]) -> list[ScheduledEvent]:
    """Those of them that are the guild's."""
    mine = (scheduled_events.c.guild_id == guild_id, among(scheduled_events.c.id, event_ids))
    return [_read(row) for row in await unit.all(_found().where(*mine))]


async def in_channel(unit: Unit, channel_id: int) -> list[ScheduledEvent]:
    """What is planned or under way there."""
    there = (scheduled_events.c.channel_id == channel_id, scheduled_events.c.due.is_not(None))
    return [_read(row) for row in await unit.all(_found().where(*there))]


async def count(unit: Unit, guild_id: int) -> int:
    """How many are not over."""
    mine = (scheduled_events.c.guild_id == guild_id, scheduled_events.c.due.is_not(None))
    return int(await unit.scalar(select(func.count()).where(*mine)))


async def take_due(unit: Unit, limit: int) -> list[ScheduledEvent]:
    """Some that become something else now; no other process takes the same."""
    held = (
        select(scheduled_events.c.id)
        .where(scheduled_events.c.due <= unit.now)
        .order_by(scheduled_events.c.due)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = [row.id for row in await unit.all(held)]
    if not ids:
        return []
    found = _found().where(among(scheduled_events.c.id, ids)).order_by(scheduled_events.c.id)
    return [_read(row) for row in await unit.all(found)]


async def add(unit: Unit, event: ScheduledEvent) -> None:
    """Keep a new one."""
    await unit.run(insert(scheduled_events).values(_row(event)))


async def change(unit: Unit, event: ScheduledEvent) -> None:
    """Keep what it is now."""
    mine = scheduled_events.c.id == event.id
    await unit.run(update(scheduled_events).where(mine).values(_row(event)))


async def remove(unit: Unit, event_ids: Collection[int]) -> None:
    """Forget them, and who was interested."""
    await unit.run(delete(scheduled_events).where(among(scheduled_events.c.id, event_ids)))


async def forget_finished(unit: Unit, before: datetime, limit: int) -> int:
    """Forget some that were over before this moment; how many that were."""
    old = select(scheduled_events.c.id).where(scheduled_events.c.finished < before).limit(limit)
    return await unit.run(delete(scheduled_events).where(scheduled_events.c.id.in_(old)))


async def interest(unit: Unit, event: ScheduledEvent, user_id: int) -> bool:
    """Somebody is interested. False: they were already."""
    row = {"event_id": event.id, "guild_id": event.guild_id, "user_id": user_id}
    return await unit.run(upsert(interests).values(row).on_conflict_do_nothing()) == 1


async def lose_interest(unit: Unit, event_id: int, user_id: int) -> bool:
    """Somebody is interested no longer. False: they never were."""
    mine = (interests.c.event_id == event_id, interests.c.user_id == user_id)
    return await unit.run(delete(interests).where(*mine)) == 1


async def interested(
    unit: Unit, event_id: int, *, before: int | None = None, after: int | None = None, limit: int
) -> list[int]:
    """A page of who is, by user id."""
    found = select(interests.c.user_id).where(interests.c.event_id == event_id)
    if after is not None:
        found = found.where(interests.c.user_id > after)
    if before is not None:
        found = found.where(interests.c.user_id < before)
    is_backwards = before is not None and after is None
    order = interests.c.user_id.desc() if is_backwards else interests.c.user_id
    ids = [row.user_id for row in await unit.all(found.order_by(order).limit(limit))]
    return ids[::-1] if is_backwards else ids


async def of_person(unit: Unit, user_id: int, guild_ids: Collection[int]) -> list[tuple[int, int]]:
    """In what somebody is interested in these guilds, of what is not over: guild and event."""
    found = (
        select(interests.c.guild_id, interests.c.event_id)
        .join(scheduled_events, scheduled_events.c.id == interests.c.event_id)
        .where(
            interests.c.user_id == user_id,
            among(interests.c.guild_id, guild_ids),
            scheduled_events.c.due.is_not(None),
        )
        .order_by(interests.c.event_id)
    )
    return [(row.guild_id, row.event_id) for row in await unit.all(found)]
