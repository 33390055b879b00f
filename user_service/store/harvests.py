"""Harvests, and what this service adds to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.export import Shelf, page
from contracts.ids import UserId
from contracts.rpc.export import Exported
from user_service.domain.harvests import Harvest
from user_service.tables import (
    applications,
    credentials,
    guild_settings,
    harvests,
    logins,
    notes,
    relationships,
    stream_keys,
    user_settings,
    users,
)
from user_service.tools import UserUnit

SHELVES = (
    Shelf(users.c.id),
    Shelf(credentials.c.user_id, frozenset({"password_hash", "totp_step"})),
    Shelf(logins.c.user_id),
    Shelf(applications.c.owner_id),
    Shelf(relationships.c.user_id),
    Shelf(user_settings.c.user_id),
    Shelf(guild_settings.c.user_id),
    Shelf(notes.c.user_id),
    Shelf(stream_keys.c.user_id, frozenset({"key_hash"})),
    Shelf(harvests.c.user_id),
)
WITHHELD = frozenset({"backup_codes", "proofs", "letters", "places", "departed", "worn_pictures"})
"""Tables about people of which nothing is told: secrets, fingerprints, work to be done."""


async def export(unit: UserUnit, user_id: UserId, after: str) -> Exported:
    """One page of what this service keeps of a person."""
    return await page(unit, SHELVES, user_id, after)


async def add(unit: UserUnit, harvest: Harvest) -> None:
    """Gather it soon."""
    row = {
        "id": harvest.id,
        "user_id": harvest.user_id,
        "created": harvest.created,
        "due": harvest.created,
        "tries": 0,
    }
    await unit.run(insert(harvests).values(row))


async def latest(unit: UserUnit, user_id: int) -> Harvest | None:
    """The newest of one person."""
    mine = select(harvests).where(harvests.c.user_id == user_id)
    row = await unit.one(mine.order_by(harvests.c.id.desc()).limit(1))
    return _harvest(row) if row is not None else None


async def get(unit: UserUnit, harvest_id: int) -> Harvest | None:
    """One of them."""
    row = await unit.one(select(harvests).where(harvests.c.id == harvest_id))
    return _harvest(row) if row is not None else None


async def claim(unit: UserUnit, hold: timedelta) -> Harvest | None:
    """One that is due, kept from every other process for a while."""
    due = (
        select(harvests.c.id)
        .where(harvests.c.completed.is_(None), harvests.c.due <= unit.now)
        .order_by(harvests.c.due)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = update(harvests).where(harvests.c.id == due)
    row = await unit.one(
        statement.values(due=unit.now + hold, tries=harvests.c.tries + 1).returning(harvests)
    )
    return _harvest(row) if row is not None else None


async def keep(unit: UserUnit, harvest_id: int, until: datetime) -> None:
    """It is still being gathered."""
    await unit.run(update(harvests).where(harvests.c.id == harvest_id).values(due=until))


async def complete(unit: UserUnit, harvest_id: int) -> bool:
    """It is there. False: its person has gone meanwhile."""
    this = update(harvests).where(harvests.c.id == harvest_id, harvests.c.completed.is_(None))
    return await unit.run(this.values(completed=unit.now)) == 1


async def expire_of(unit: UserUnit, user_id: int, moment: datetime) -> None:
    """Let nobody fetch them, and the next purge take them."""
    mine = update(harvests).where(harvests.c.user_id == user_id)
    await unit.run(mine.values(completed=moment))


async def expired(unit: UserUnit, before: datetime, limit: int) -> list[Harvest]:
    """Those that have lain long enough."""
    old = select(harvests).where(harvests.c.completed < before).limit(limit)
    return [_harvest(row) for row in await unit.all(old)]


async def remove(unit: UserUnit, harvest_id: int) -> None:
    """Forget one."""
    await unit.run(delete(harvests).where(harvests.c.id == harvest_id))


def _harvest(row: Row[Any]) -> Harvest:
    return Harvest(
        id=row.id,
        user_id=UserId(row.user_id),
        created=row.created,
        completed=row.completed,
        tries=row.tries,
    )
