"""Pictures that were taken off, until their files are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from user_service.tables import users, worn_pictures
from user_service.tools import UserUnit


async def wear_out(unit: UserUnit, user_id: int, keys: Sequence[str]) -> None:
    """Note that these are shown no more, from now on."""
    rows = [{"key": key, "user_id": user_id, "worn": unit.now} for key in keys]
    fresh = insert(worn_pictures).values(rows)
    await unit.run(
        fresh.on_conflict_do_update(
            index_elements=[worn_pictures.c.key], set_={"worn": fresh.excluded.worn}
        )
    )


async def worn(unit: UserUnit, before: datetime, limit: int) -> list[str]:
    """Those taken off before, whether or not they are shown again by now; nobody else gets them."""
    statement = (
        select(worn_pictures.c.key)
        .where(worn_pictures.c.worn < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [row.key for row in await unit.all(statement)]


async def shown(unit: UserUnit, keys: Sequence[str]) -> set[str]:
    """Those of them that somebody shows (again)."""
    asked = literal(list(keys), ARRAY(Text))
    avatar = func.concat("avatars/", users.c.id, "/", users.c.avatar)
    banner = func.concat("banners/", users.c.id, "/", users.c.banner)
    owner = select(worn_pictures.c.user_id).where(worn_pictures.c.key == any_(asked))
    rows = await unit.all(
        select(avatar.label("avatar"), banner.label("banner")).where(users.c.id.in_(owner))
    )
    return {key for row in rows for key in (row.avatar, row.banner)} & set(keys)


async def forget(unit: UserUnit, keys: Sequence[str]) -> None:
    """They are dealt with."""
    asked = literal(list(keys), ARRAY(Text))
    await unit.run(delete(worn_pictures).where(worn_pictures.c.key == any_(asked)))
