"""Login sessions, found by what is kept of their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, LargeBinary, Row, any_, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.identity import Kind
from contracts.ids import UserId
from user_service.domain.clients import Client
from user_service.domain.logins import Login
from user_service.tables import logins
from user_service.tools import UserUnit

_ALIVE = logins.c.ended.is_(None)


async def add(unit: UserUnit, login: Login) -> None:
    """Keep a new one."""
    row = {
        "id": login.id,
        "user_id": login.user_id,
        "token_hash": login.token_hash,
        "kind": login.kind.value,
        "system": login.client.system,
        "platform": login.client.platform,
        "created": login.created,
        "last_used": login.last_used,
    }
    await unit.run(insert(logins).values(row))


async def by_tokens(unit: UserUnit, hashes: Sequence[bytes]) -> dict[bytes, Login]:
    """The living ones with these tokens."""
    asked = literal(list(hashes), ARRAY(LargeBinary))
    rows = await unit.all(select(logins).where(logins.c.token_hash == any_(asked), _ALIVE))
    return {row.token_hash: _login(row) for row in rows}


async def alive(unit: UserUnit, user_id: int, limit: int) -> list[Login]:
    """The living ones of one account, the last used first."""
    statement = (
        select(logins)
        .where(logins.c.user_id == user_id, _ALIVE)
        .order_by(logins.c.last_used.desc(), logins.c.id.desc())
        .limit(limit)
    )
    return [_login(row) for row in await unit.all(statement)]


async def touch(unit: UserUnit, ids: Sequence[int], worn_before: datetime) -> None:
    """Note that they are in use, unless somebody else just did."""
    held = select(logins.c.id).where(
        logins.c.id.in_(ids), logins.c.last_used <= worn_before, _ALIVE
    )
    # In one order, so that nobody waits in a circle.
    held = held.order_by(logins.c.id).with_for_update(skip_locked=True)
    await unit.run(
        update(logins).where(logins.c.id.in_(held.scalar_subquery())).values(last_used=unit.now)
    )


async def end(unit: UserUnit, user_id: int, login_id: int) -> bool:
    """End one; whether it was alive."""
    statement = update(logins).where(logins.c.id == login_id, logins.c.user_id == user_id, _ALIVE)
    return await unit.run(statement.values(ended=unit.now)) == 1


async def end_beyond(unit: UserUnit, user_id: int, most: int) -> list[int]:
    """End all but the last used ones; those that were alive."""
    kept = (
        select(logins.c.id)
        .where(logins.c.user_id == user_id, _ALIVE)
        .order_by(logins.c.last_used.desc(), logins.c.id.desc())
        .limit(most)
    )
    statement = update(logins).where(logins.c.user_id == user_id, _ALIVE, logins.c.id.not_in(kept))
    rows = await unit.all(statement.values(ended=unit.now).returning(logins.c.id))
    return [row.id for row in rows]


async def end_all(unit: UserUnit, user_id: int) -> list[int]:
    """End every one of an account; those that were alive."""
    statement = update(logins).where(logins.c.user_id == user_id, _ALIVE)
    rows = await unit.all(statement.values(ended=unit.now).returning(logins.c.id))
    return [row.id for row in rows]


def _login(row: Row[Any]) -> Login:
    return Login(
        id=row.id,
        user_id=UserId(row.user_id),
        kind=Kind(row.kind),
        token_hash=row.token_hash,
        client=Client(row.system, row.platform),
        created=row.created,
        last_used=row.last_used,
    )
