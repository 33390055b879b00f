"""Tries that were counted, and places in which somebody succeeded."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import UserId
from user_service.domain.throttle import Limit
from user_service.tables import places, throttles
from user_service.tools import UserUnit


async def take(unit: UserUnit, limit: Limit) -> bool:
    """Count one try, unless there were too many; waits for whoever counts the same."""
    row = {"key": limit.key, "empty_at": unit.now + limit.step}
    fresh = insert(throttles).values(row)
    used = func.greatest(throttles.c.empty_at, literal(unit.now)) + literal(limit.step)
    statement = fresh.on_conflict_do_update(
        index_elements=[throttles.c.key],
        set_={"empty_at": used},
        where=used <= literal(unit.now + limit.per),
    )
    return await unit.run(statement) == 1


async def give_back(unit: UserUnit, limit: Limit) -> None:
    """The try succeeded."""
    await unit.run(
        update(throttles)
        .where(throttles.c.key == limit.key)
        .values(empty_at=throttles.c.empty_at - literal(limit.step))
    )


async def knows(unit: UserUnit, place: bytes) -> bool:
    """Whether somebody succeeded there before."""
    return await unit.one(select(places.c.key).where(places.c.key == place)) is not None


async def know(unit: UserUnit, user_id: UserId, place: bytes) -> None:
    """Remember a place."""
    row = {"key": place, "user_id": user_id, "seen": unit.now}
    await unit.run(
        insert(places)
        .values(row)
        .on_conflict_do_update(index_elements=[places.c.key], set_={"seen": unit.now})
    )


async def take_all(unit: UserUnit, limits: Sequence[Limit]) -> Limit | None:
    """Count one try for each; the first that allows no more."""
    for limit in limits:
        if not await take(unit, limit):
            return limit
    return None
