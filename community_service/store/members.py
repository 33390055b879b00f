"""Members, with their faces and roles."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, exists, func, not_, select, union, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from chassis.sql import among
from community_service.domain.guilds import Guild
from community_service.domain.members import Member
from community_service.domain.people import search_key
from community_service.domain.prunes import Terms
from community_service.store import people as faces
from community_service.tables import member_roles, members, people
from community_service.tools import Unit

_roles = (
    select(func.array_agg(aggregate_order_by(member_roles.c.role_id, member_roles.c.role_id)))
    .where(
        member_roles.c.guild_id == members.c.guild_id, member_roles.c.user_id == members.c.user_id
    )
    .correlate(members)
    .scalar_subquery()
)


_CHANGING = (
    *("nick", "avatar", "banner", "bio", "timed_out_until"),
    *("mute", "deaf", "flags", "is_temporary"),
)


def _found() -> Select[Any]:
    return (
        select(*members.c, _roles.label("roles"), *faces.columns)
        .select_from(members)
        .join(people, people.c.user_id == members.c.user_id)
    )


def _read(row: Row[Any]) -> Member:
    return Member(
        guild_id=row.guild_id,
        person=faces.read(row),
        roles=tuple(row.roles or ()),
        joined_at=row.joined_at,
        nick=row.nick,
        avatar=row._mapping[members.c.avatar],
        timed_out_until=row.timed_out_until,
        deaf=row.deaf,
        mute=row.mute,
        pending=row.pending,
        flags=row.flags,
        banner=row._mapping[members.c.banner],
        bio=row.bio,
        is_temporary=row.is_temporary,
    )


async def add(
    unit: Unit, guild_id: int, user_id: int, now: datetime, *, is_temporary: bool
) -> bool:
    """Make somebody a member. False: they are one already."""
    row = {
        "guild_id": guild_id,
        "user_id": user_id,
        "joined_at": now,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "is_temporary": is_temporary,
    }
    return await unit.run(insert(members).values(row).on_conflict_do_nothing()) == 1


async def remove(unit: Unit, guild_id: int, user_ids: Sequence[int]) -> None:
    """End memberships."""
    mine = members.c.guild_id == guild_id
    await unit.run(delete(members).where(mine, among(members.c.user_id, user_ids)))


async def change(unit: Unit, member: Member) -> None:
    """Set a member to what it is now, but for its roles."""
    values = {name: getattr(member, name) for name in _CHANGING}
    values["nick_key"] = search_key(member.nick) if member.nick else None
    await unit.run(
        update(members)
        .where(members.c.guild_id == member.guild_id)
        .where(members.c.user_id == member.person.user_id)
        .values(values)
    )


async def by_ids(unit: Unit, guild_id: int, user_ids: Sequence[int]) -> list[Member]:
    """Those of them who are members."""
    mine = members.c.guild_id == guild_id
    rows = await unit.all(_found().where(mine, among(members.c.user_id, user_ids)))
    return [_read(row) for row in rows]


async def one(unit: Unit, guild_id: int, user_id: int) -> Member | None:
    """A member."""
    found = await by_ids(unit, guild_id, [user_id])
    return found[0] if found else None


async def flagged(unit: Unit, guild_id: int, flag: int, limit: int) -> list[Member]:
    """Some of those who bear a flag."""
    bearing = members.c.flags.op("&")(flag) != 0
    mine = _found().where(members.c.guild_id == guild_id, bearing)
    return [_read(row) for row in await unit.all(mine.order_by(members.c.user_id).limit(limit))]


async def page(unit: Unit, guild_id: int, *, after: int, limit: int) -> list[Member]:
    """Members by user id."""
    mine = _found().where(members.c.guild_id == guild_id, members.c.user_id > after)
    return [_read(row) for row in await unit.all(mine.order_by(members.c.user_id).limit(limit))]


async def search(unit: Unit, guild_id: int, prefix: str, limit: int) -> list[Member]:
    """Members of whom a name begins so, whichever of their names it is. Each kind of name has an
    index of its own, so each is asked by itself.
    """
    end = prefix + chr(sys.maxunicode)
    mine = select(members.c.user_id).where(members.c.guild_id == guild_id).limit(limit)
    faces_too = mine.join(people, people.c.user_id == members.c.user_id)
    named = union(
        *(
            found.where(key >= prefix, key < end).subquery().select()
            for found, key in (
                (mine, members.c.nick_key),
                (faces_too, people.c.username_key),
                (faces_too, people.c.global_name_key),
            )
        )
    )
    user_ids = sorted(row.user_id for row in await unit.all(named))[:limit]
    found = await by_ids(unit, guild_id, user_ids) if user_ids else []
    return sorted(found, key=lambda member: member.person.user_id)


async def of_user(unit: Unit, user_id: int, limit: int, *, after: int = 0) -> list[Member]:
    """One person in their guilds, by guild."""
    mine = _found().where(members.c.user_id == user_id, members.c.guild_id > after)
    mine = mine.order_by(members.c.guild_id)
    return [_read(row) for row in await unit.all(mine.limit(limit))]


async def of_users(unit: Unit, user_ids: Sequence[int], limit: int) -> dict[int, list[Member]]:
    """Several people in their guilds; who is in none is left out."""
    theirs = _found().where(among(members.c.user_id, user_ids))
    theirs = theirs.order_by(members.c.user_id, members.c.guild_id)
    found: dict[int, list[Member]] = {}
    for row in await unit.all(theirs.limit(limit * len(user_ids))):
        found.setdefault(row.user_id, []).append(_read(row))
    return found


async def guilds_of(unit: Unit, user_ids: Sequence[int], limit: int) -> dict[int, list[int]]:
    """In which guilds these people are; who is in none is left out."""
    theirs = select(members.c.user_id, members.c.guild_id).where(among(members.c.user_id, user_ids))
    theirs = theirs.order_by(members.c.user_id, members.c.guild_id)
    found: dict[int, list[int]] = {}
    for row in await unit.all(theirs.limit(limit * len(user_ids))):
        found.setdefault(row.user_id, []).append(row.guild_id)
    return found


async def mutual(
    unit: Unit, user_id: int, other_id: int, limit: int
) -> list[tuple[int, str | None]]:
    """Guilds of both, and what the other is called there."""
    mine = select(members.c.guild_id).where(members.c.user_id == user_id)
    both = select(members.c.guild_id, members.c.nick).where(
        members.c.user_id == other_id, members.c.guild_id.in_(mine)
    )
    rows = await unit.all(both.order_by(members.c.guild_id).limit(limit))
    return [(row.guild_id, row.nick) for row in rows]


async def count(unit: Unit, guild_id: int) -> int:
    """How many members a guild has."""
    found = select(func.count()).where(members.c.guild_id == guild_id)
    return int(await unit.scalar(found))


async def count_guilds(unit: Unit, user_id: int) -> int:
    """How many guilds somebody is in."""
    return int(await unit.scalar(select(func.count()).where(members.c.user_id == user_id)))


async def ids(unit: Unit, guild_id: int, user_ids: Sequence[int]) -> frozenset[int]:
    """Those of them who are members, by id."""
    found = select(members.c.user_id).where(
        members.c.guild_id == guild_id, among(members.c.user_id, user_ids)
    )
    return frozenset(row.user_id for row in await unit.all(found))


async def counts(unit: Unit, guild_ids: Sequence[int]) -> dict[int, int]:
    """How many members each of these guilds has."""
    found = (
        select(members.c.guild_id, func.count().label("n"))
        .where(among(members.c.guild_id, guild_ids))
        .group_by(members.c.guild_id)
    )
    return {row.guild_id: row.n for row in await unit.all(found)}


async def first_of_each(
    unit: Unit, guild_ids: Sequence[int], limit: int
) -> dict[int, frozenset[int]]:
    """Up to `limit` members of each of these guilds, by id."""
    place = func.row_number().over(partition_by=members.c.guild_id, order_by=members.c.user_id)
    placed = (
        select(members.c.guild_id, members.c.user_id, place.label("place"))
        .where(among(members.c.guild_id, guild_ids))
        .subquery()
    )
    found: dict[int, set[int]] = {}
    first = select(placed.c.guild_id, placed.c.user_id).where(placed.c.place <= limit)
    for row in await unit.all(first):
        found.setdefault(row.guild_id, set()).add(row.user_id)
    return {guild_id: frozenset(user_ids) for guild_id, user_ids in found.items()}


async def first_ids(unit: Unit, guild_id: int, limit: int) -> list[int]:
    """Up to `limit` members, by id."""
    found = select(members.c.user_id).where(members.c.guild_id == guild_id).limit(limit)
    return [row.user_id for row in await unit.all(found)]


_has_role = exists().where(
    member_roles.c.guild_id == members.c.guild_id, member_roles.c.user_id == members.c.user_id
)


async def idle(
    unit: Unit,
    guild: Guild,
    terms: Terms,
    *,
    limit: int,
    user_ids: Sequence[int] | None = None,
) -> list[int]:
    """People without any but the named roles who came before, and were not seen after, the moment
    that the terms name. Owner and bots are not meant.
    """
    since = terms.since(unit.now)
    is_other = not_(among(member_roles.c.role_id, terms.role_ids))
    last_seen = func.greatest(members.c.joined_at, people.c.last_seen_at)
    found = (
        select(members.c.user_id)
        .join(people, people.c.user_id == members.c.user_id)
        .where(members.c.guild_id == guild.id, members.c.user_id != guild.owner_id)
        .where(not_(people.c.is_bot), last_seen < since, not_(_has_role.where(is_other)))
    )
    if user_ids is not None:
        found = found.where(among(members.c.user_id, user_ids))
    rows = await unit.all(found.order_by(members.c.user_id).limit(limit))
    return [row.user_id for row in rows]


async def passing(unit: Unit, user_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Guild and user of temporary memberships without a role."""
    found = select(members.c.guild_id, members.c.user_id).where(
        members.c.is_temporary, among(members.c.user_id, user_ids), not_(_has_role)
    )
    return [(row.guild_id, row.user_id) for row in await unit.all(found)]


async def temporary(unit: Unit, *, after: int, before: datetime, limit: int) -> list[int]:
    """People who became temporary members somewhere before this moment, by id."""
    found = select(members.c.user_id).where(
        members.c.is_temporary, members.c.user_id > after, members.c.joined_at < before
    )
    page = found.distinct().order_by(members.c.user_id).limit(limit)
    return [row.user_id for row in await unit.all(page)]


async def bots(unit: Unit, guild_id: int, limit: int) -> list[int]:
    """Bots of a guild by id, the oldest first."""
    found = (
        select(members.c.user_id)
        .join(people, people.c.user_id == members.c.user_id)
        .where(members.c.guild_id == guild_id, people.c.is_bot)
        .order_by(members.c.user_id)
        .limit(limit)
    )
    return [row.user_id for row in await unit.all(found)]
