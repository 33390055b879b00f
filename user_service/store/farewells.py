"""Deleted accounts and bots that a neighbour may still have to forget."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import UserId
from user_service.tables import departed
from user_service.tools import UserUnit


async def begin(unit: UserUnit, user_id: UserId) -> None:
    """Somebody has gone."""
    row = {"user_id": user_id, "due": unit.now}
    await unit.run(insert(departed).values(row).on_conflict_do_nothing())


async def claim(unit: UserUnit, limit: int, hold: timedelta) -> list[UserId]:
    """Those who are due, kept from every other process for a while."""
    due = (
        select(departed.c.user_id)
        .where(departed.c.due <= unit.now)
        .order_by(departed.c.due)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = update(departed).where(departed.c.user_id.in_(due)).values(due=unit.now + hold)
    return [UserId(row.user_id) for row in await unit.all(statement.returning(departed.c.user_id))]


async def end(unit: UserUnit, user_id: UserId) -> None:
    """Nobody has anything to forget any more."""
    await unit.run(delete(departed).where(departed.c.user_id == user_id))
