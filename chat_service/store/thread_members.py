"""Who is in which thread."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from chat_service.tables import thread_members as members
from chat_service.tables import threads
from chat_service.tools import Unit
from contracts.wire import JSON

_SELECT = "SELECT m.thread_id, m.user_id, m.joined, m.flags, m.muted, m.mute_config "
_ONE = _SELECT + "FROM thread_members m WHERE m.thread_id = $1 AND m.user_id = $2"
_LISTED = (
    _SELECT
    + """
FROM thread_members m WHERE m.thread_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3
"""
)
_AMONG = _SELECT + "FROM thread_members m WHERE m.user_id = $1 AND m.thread_id = ANY($2::bigint[])"
_THEM = "SELECT user_id FROM thread_members WHERE thread_id = $1 AND user_id = ANY($2::bigint[])"
_ACTIVE = (
    _SELECT
    + """
FROM thread_members m JOIN threads t ON t.id = m.thread_id AND NOT t.is_archived
WHERE m.user_id = ANY($1::bigint[]) ORDER BY m.thread_id DESC
"""
)


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody in a thread."""

    thread_id: int
    user_id: int
    joined: datetime
    flags: int = 0
    muted: bool = False
    mute_config: JSON | None = None


async def one(pool: Any, thread_id: int, user_id: int) -> Membership | None:
    """Somebody in a thread."""
    row = await pool.fetchrow(_ONE, thread_id, user_id)
    return None if row is None else _read(row)


async def listed(pool: Any, thread_id: int, after: int, limit: int) -> list[Membership]:
    """Those in a thread, by id."""
    return [_read(row) for row in await pool.fetch(_LISTED, thread_id, after, limit)]


async def of_user(pool: Any, user_id: int, thread_ids: Collection[int]) -> list[Membership]:
    """One person in those of these threads that they are in."""
    return [_read(row) for row in await pool.fetch(_AMONG, user_id, list(thread_ids))]


async def active_of(
    pool: Any, user_ids: Collection[int], limit: int
) -> dict[int, list[Membership]]:
    """Each of these in all threads that are not archived, youngest first."""
    found: dict[int, list[Membership]] = {}
    for row in await pool.fetch(_ACTIVE, list(user_ids)):
        one = _read(row)
        mine = found.setdefault(one.user_id, [])
        if len(mine) < limit:
            mine.append(one)
    return found


async def join(unit: Unit, thread_id: int, user_ids: Collection[int]) -> list[int]:
    """Let people in; those who were not in it before."""
    if not user_ids:
        return []
    rows = [
        {"thread_id": thread_id, "user_id": one, "joined": unit.now, "flags": 0, "muted": False}
        for one in sorted(set(user_ids))
    ]
    new = insert(members).values(rows).on_conflict_do_nothing().returning(members.c.user_id)
    added = [row.user_id for row in await unit.all(new)]
    await _count(unit, thread_id, len(added))
    return added


async def leave(unit: Unit, thread_id: int, user_id: int) -> bool:
    """Let somebody go; whether they were in it."""
    gone = sa.delete(members).where(members.c.thread_id == thread_id, members.c.user_id == user_id)
    was_in = bool(await unit.run(gone))
    await _count(unit, thread_id, -int(was_in))
    return was_in


async def forget(unit: Unit, thread_ids: Collection[int]) -> None:
    """The threads are gone."""
    await unit.run(sa.delete(members).where(among(members.c.thread_id, thread_ids)))


async def people(unit: Unit, thread_id: int) -> tuple[int, ...]:
    """Everybody in a thread."""
    found = sa.select(members.c.user_id).where(members.c.thread_id == thread_id)
    return tuple(row.user_id for row in await unit.all(found))


async def people_of(unit: Unit, thread_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The same for many; threads with nobody in them are left out."""
    found = sa.select(members.c.thread_id, sa.func.array_agg(members.c.user_id).label("people"))
    found = found.where(among(members.c.thread_id, thread_ids)).group_by(members.c.thread_id)
    return {row.thread_id: tuple(row.people) for row in await unit.all(found)}


async def among_them(pool: Any, thread_id: int, user_ids: Collection[int]) -> set[int]:
    """Those of these people who are in a thread."""
    rows = await pool.fetch(_THEM, thread_id, list(user_ids))
    return {row["user_id"] for row in rows}


async def in_guild(pool: Any, guild_id: int, user_id: int, limit: int) -> list[int]:
    """Some threads of a guild that somebody is in."""
    rows = await pool.fetch(
        "SELECT m.thread_id FROM thread_members m JOIN threads t ON t.id = m.thread_id "
        "WHERE m.user_id = $1 AND t.guild_id = $2 LIMIT $3",
        *(user_id, guild_id, limit),
    )
    return [row["thread_id"] for row in rows]


async def settle(unit: Unit, thread_id: int, user_id: int, **values: Any) -> Membership | None:
    """Somebody's own settings there."""
    if "mute_config" in values and values["mute_config"] is None:
        values["mute_config"] = sa.null()
    mine = (members.c.thread_id == thread_id, members.c.user_id == user_id)
    await unit.run(sa.update(members).where(*mine).values(values))
    row = await unit.one(sa.select(members).where(*mine))
    return None if row is None else Membership(*tuple(row))


async def _count(unit: Unit, thread_id: int, more: int) -> None:
    if more:
        counted = sa.update(threads).where(threads.c.id == thread_id)
        await unit.run(counted.values(member_count=threads.c.member_count + more))


def _read(row: Any) -> Membership:
    values = list(row)
    if isinstance(values[-1], str):
        values[-1] = orjson.loads(values[-1])
    return Membership(*values)
