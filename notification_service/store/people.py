"""People who are watched, and how they wish to be told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from contracts.ids import UserId
from notification_service.domain.people import Person
from notification_service.tables import devices, history, notices, people
from notification_service.tools import Unit


async def add(unit: Unit, user_id: UserId, *, locale: str, is_dnd: bool) -> bool:
    """Watch somebody. Whether they were not watched before."""
    row = {
        "user_id": user_id,
        "locale": locale,
        "is_dnd": is_dnd,
        "hides_content": False,
        "wants_digest": False,
        "active": unit.now,
    }
    return await unit.run(insert(people).values(row).on_conflict_do_nothing()) > 0


async def every(unit: Unit, after: int, limit: int) -> list[Person]:
    """Everybody, by id."""
    page = select(people).where(people.c.user_id > after).order_by(people.c.user_id).limit(limit)
    return [_person(row) for row in await unit.all(page)]


async def of(unit: Unit, user_ids: Collection[int]) -> dict[int, Person]:
    """Those of these who are watched."""
    rows = await unit.all(select(people).where(among(people.c.user_id, user_ids)))
    return {row.user_id: _person(row) for row in rows}


async def change(unit: Unit, user_id: int, **values: Any) -> bool:
    """Whether they are watched."""
    mine = update(people).where(people.c.user_id == user_id)
    return await unit.run(mine.values(values)) > 0


async def note_active(unit: Unit, user_ids: Collection[int], grain: timedelta) -> None:
    """They read or wrote something, to within this grain."""
    stale = people.c.active < unit.now - grain
    await unit.run(
        update(people).where(among(people.c.user_id, user_ids), stale).values(active=unit.now)
    )


async def claim_away(unit: Unit, *, since: datetime, again: datetime, limit: int) -> list[Person]:
    """Those who want digests, were away since then, have something to read, and were not written to
    since they left or since `again`. They are nobody else's from now on.
    """
    is_due = or_(
        people.c.digested.is_(None), people.c.digested < people.c.active, people.c.digested < again
    )
    has_unread = exists().where(notices.c.user_id == people.c.user_id, notices.c.unread > 0)
    due = (
        select(people.c.user_id)
        .where(people.c.wants_digest, people.c.active < since, is_due, has_unread)
        .order_by(people.c.active)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = update(people).where(people.c.user_id.in_(due)).values(digested=unit.now)
    return [_person(row) for row in await unit.all(statement.returning(people))]


async def forget(unit: Unit, user_id: int) -> None:
    """Everything that is kept of somebody."""
    for table in (devices, notices, history, people):
        await unit.run(delete(table).where(table.c.user_id == user_id))


def _person(row: Row[Any]) -> Person:
    return Person(
        user_id=UserId(row.user_id),
        locale=row.locale,
        is_dnd=row.is_dnd,
        hides_content=row.hides_content,
        wants_digest=row.wants_digest,
    )
