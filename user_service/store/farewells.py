"""Deleted accounts and bots that a neighbour may still have to forget."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import UserId
from user_service.tables import departed
from user_service.tools import UserUnit


class Departed(NamedTuple):
    """Somebody who has gone, and whether what they wrote is to go as well."""

    user_id: UserId
    with_messages: bool


async def begin(unit: UserUnit, user_id: UserId, *, with_messages: bool = False) -> None:
    """Somebody has gone."""
    row = {"user_id": user_id, "due": unit.now, "with_messages": with_messages}
    await unit.run(insert(departed).values(row).on_conflict_do_nothing())


async def claim(unit: UserUnit, limit: int, hold: timedelta) -> list[Departed]:
    """Those who are due, kept from every other process for a while."""
    due = (
        select(departed.c.user_id)
        .where(departed.c.due <= unit.now)
        .order_by(departed.c.due)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = update(departed).where(departed.c.user_id.in_(due)).values(due=unit.now + hold)
    told = statement.returning(departed.c.user_id, departed.c.with_messages)
    return [Departed(UserId(row.user_id), row.with_messages) for row in await unit.all(told)]


async def end(unit: UserUnit, user_id: UserId) -> None:
    """Nobody has anything to forget any more."""
    await unit.run(delete(departed).where(departed.c.user_id == user_id))
