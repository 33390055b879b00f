"""The queue of letters: durable, and shared by every process of the service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import UserId
from user_service.domain.letters import Kind, Letter
from user_service.tables import letters
from user_service.tools import UserUnit


async def add(unit: UserUnit, letter: Letter) -> None:
    """Send it soon."""
    row = {
        "id": letter.id,
        "kind": letter.kind.value,
        "login": letter.login,
        "user_id": letter.user_id,
        "address": letter.address,
        "about": letter.about,
        "tries": letter.tries,
        "due": unit.now,
        "expires": letter.expires,
    }
    await unit.run(insert(letters).values(row))


async def claim(unit: UserUnit, limit: int, hold: timedelta) -> list[Letter]:
    """Those that are due, kept from every other process for a while."""
    due = (
        select(letters.c.id)
        .where(letters.c.due <= unit.now)
        .order_by(letters.c.due)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(letters)
        .where(letters.c.id.in_(due))
        .values(due=unit.now + hold, tries=letters.c.tries + 1)
        .returning(letters)
    )
    return [_letter(row) for row in await unit.all(statement)]


async def postpone(unit: UserUnit, letter_id: int, due: datetime) -> None:
    """Try again then."""
    await unit.run(update(letters).where(letters.c.id == letter_id).values(due=due))


async def remove(unit: UserUnit, letter_id: int) -> None:
    """It is sent, or never will be."""
    await unit.run(delete(letters).where(letters.c.id == letter_id))


async def remove_of(unit: UserUnit, user_id: int) -> None:
    """Those of one person."""
    await unit.run(delete(letters).where(letters.c.user_id == user_id))


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        id=row.id,
        kind=Kind(row.kind),
        expires=row.expires,
        user_id=UserId(row.user_id) if row.user_id is not None else None,
        login=row.login,
        address=row.address,
        about=row.about,
        tries=row.tries,
    )
