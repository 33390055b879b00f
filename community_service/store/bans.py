"""Bans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from community_service.domain.bans import Ban
from community_service.store import people as faces
from community_service.tables import bans, people
from community_service.tools import Unit


def _found(guild_id: int) -> Select[Any]:
    joined = select(*bans.c, *faces.columns).join(people, people.c.user_id == bans.c.user_id)
    return joined.where(bans.c.guild_id == guild_id)


def _read(row: Row[Any]) -> Ban:
    return Ban(row.guild_id, faces.read(row), row.moderator_id, row.reason, row.created_at)


async def add(
    unit: Unit, guild_id: int, user_ids: Sequence[int], *, reason: str | None, now: datetime
) -> frozenset[int]:
    """Ban people; those who were not banned before."""
    rows = [
        {
            "guild_id": guild_id,
            "user_id": user_id,
            "moderator_id": int(unit.actor.user_id),
            "reason": reason,
            "created_at": now,
        }
        for user_id in user_ids
    ]
    fresh = insert(bans).values(rows).on_conflict_do_nothing().returning(bans.c.user_id)
    return frozenset(row.user_id for row in await unit.all(fresh))


async def remove(unit: Unit, guild_id: int, user_id: int) -> bool:
    """Lift a ban. False: there was none."""
    gone = delete(bans).where(bans.c.guild_id == guild_id, bans.c.user_id == user_id)
    return await unit.run(gone) == 1


async def one(unit: Unit, guild_id: int, user_id: int) -> Ban | None:
    """A ban."""
    row = await unit.one(_found(guild_id).where(bans.c.user_id == user_id))
    return _read(row) if row else None


async def among_ids(unit: Unit, guild_id: int, user_ids: Sequence[int]) -> frozenset[int]:
    """Those of them who are banned."""
    found = select(bans.c.user_id).where(
        bans.c.guild_id == guild_id, among(bans.c.user_id, user_ids)
    )
    return frozenset(row.user_id for row in await unit.all(found))


async def page(
    unit: Unit, guild_id: int, *, before: int | None, after: int | None, limit: int
) -> list[Ban]:
    """Bans by user id."""
    found = _found(guild_id)
    if after is not None:
        found = found.where(bans.c.user_id > after)
    if before is not None:
        found = found.where(bans.c.user_id < before)
    is_backwards = before is not None and after is None
    order = bans.c.user_id.desc() if is_backwards else bans.c.user_id
    rows = [_read(row) for row in await unit.all(found.order_by(order).limit(limit))]
    return rows[::-1] if is_backwards else rows


async def count(unit: Unit, guild_id: int) -> int:
    """How many a guild has."""
    return int(await unit.scalar(select(func.count()).where(bans.c.guild_id == guild_id)))
