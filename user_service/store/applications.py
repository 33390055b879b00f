"""Applications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import ApplicationId, UserId
from user_service.domain.applications import Application
from user_service.tables import applications
from user_service.tools import UserUnit


async def add(unit: UserUnit, application: Application) -> None:
    """Keep a new one."""
    await unit.run(insert(applications).values(asdict(application)))


async def get(unit: UserUnit, application_id: int) -> Application | None:
    """One of them."""
    row = await unit.one(select(applications).where(applications.c.id == application_id))
    return _application(row) if row is not None else None


async def those(unit: UserUnit, ids: Sequence[int]) -> list[Application]:
    """Those of them that exist."""
    asked = applications.c.id.in_([int(one) for one in ids])
    return [_application(row) for row in await unit.all(select(applications).where(asked))]


async def lock(unit: UserUnit, application_id: int) -> Application | None:
    """One of them, held against others until the end of the unit."""
    statement = select(applications).where(applications.c.id == application_id).with_for_update()
    row = await unit.one(statement)
    return _application(row) if row is not None else None


async def of(unit: UserUnit, owner_id: int, limit: int) -> list[Application]:
    """Those of one person, the oldest first."""
    statement = (
        select(applications)
        .where(applications.c.owner_id == owner_id)
        .order_by(applications.c.id)
        .limit(limit)
    )
    return [_application(row) for row in await unit.all(statement)]


async def count(unit: UserUnit, owner_id: int) -> int:
    """How many one person has."""
    statement = select(func.count()).select_from(applications)
    return int(await unit.scalar(statement.where(applications.c.owner_id == owner_id)))


async def change(unit: UserUnit, application_id: int, changes: Mapping[str, object]) -> None:
    """Set some fields."""
    await unit.run(update(applications).where(applications.c.id == application_id).values(changes))


async def remove(unit: UserUnit, application_id: int) -> None:
    """Forget it."""
    await unit.run(delete(applications).where(applications.c.id == application_id))


def _application(row: Row[Any]) -> Application:
    kept = dict(row._mapping)
    for name in ("tags", "install_scopes"):
        kept[name] = tuple(kept[name])
    return Application(
        **{**kept, "id": ApplicationId(row.id), "owner_id": UserId(row.owner_id)},
    )
