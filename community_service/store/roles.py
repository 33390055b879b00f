"""Roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields

from sqlalchemy import BigInteger, Integer, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among, unnested
from community_service.domain.roles import Role
from community_service.tables import member_roles, roles
from community_service.tools import Unit

_COLUMNS = [roles.c[field.name] for field in fields(Role)]


async def of_guild(unit: Unit, guild_id: int, limit: int) -> list[Role]:
    """All roles, from the lowest; of two at one position the older stands higher."""
    found = select(*_COLUMNS).where(roles.c.guild_id == guild_id)
    ordered = found.order_by(roles.c.position, roles.c.id.desc()).limit(limit)
    return [Role(**row._mapping) for row in await unit.all(ordered)]


async def own_of(unit: Unit, guild_id: int, role_ids: list[int]) -> frozenset[int]:
    """Those of the named roles that belong to the guild."""
    found = select(roles.c.id).where(roles.c.guild_id == guild_id, among(roles.c.id, role_ids))
    return frozenset(row.id for row in await unit.all(found))


async def by_ids(unit: Unit, guild_id: int, role_ids: Iterable[int]) -> list[Role]:
    """Those of the named roles that belong to the guild."""
    found = select(*_COLUMNS).where(roles.c.guild_id == guild_id, among(roles.c.id, role_ids))
    return [Role(**row._mapping) for row in await unit.all(found)]


async def count(unit: Unit, guild_id: int) -> int:
    """How many roles a guild has."""
    return int(await unit.scalar(select(func.count()).where(roles.c.guild_id == guild_id)))


async def member_counts(unit: Unit, guild_id: int) -> dict[int, int]:
    """How many members hold each role, but for the one that everybody holds."""
    held = func.count(member_roles.c.user_id)
    found = (
        select(roles.c.id, held.label("held"))
        .select_from(roles.outerjoin(member_roles, member_roles.c.role_id == roles.c.id))
        .where(roles.c.guild_id == guild_id, roles.c.id != guild_id)
        .group_by(roles.c.id)
        .order_by(roles.c.id)
    )
    return {row.id: row.held for row in await unit.all(found)}


async def add(unit: Unit, *made: Role) -> None:
    """Keep new roles."""
    await unit.run(insert(roles), [asdict(role) for role in made])


async def change(unit: Unit, role: Role) -> None:
    """Set a role to what it is now."""
    await unit.run(update(roles).where(roles.c.id == role.id).values(asdict(role)))


async def place(unit: Unit, moved: Sequence[Role]) -> None:
    """Set the positions of roles, however many, in one statement."""
    given = unnested(
        ("id", BigInteger, [role.id for role in moved]),
        ("position", Integer, [role.position for role in moved]),
    )
    await unit.run(update(roles).where(roles.c.id == given.c.id).values(position=given.c.position))


async def remove(unit: Unit, role_id: int) -> None:
    """Delete a role; whoever held it holds it no more."""
    await unit.run(delete(roles).where(roles.c.id == role_id))


async def give(unit: Unit, guild_id: int, user_id: int, role_ids: Iterable[int]) -> None:
    """Let a member hold roles."""
    rows = [{"guild_id": guild_id, "user_id": user_id, "role_id": role} for role in role_ids]
    if rows:
        await unit.run(insert(member_roles).on_conflict_do_nothing(), rows)


async def take(unit: Unit, user_id: int, role_ids: Iterable[int]) -> None:
    """Let a member hold them no more."""
    held = among(member_roles.c.role_id, role_ids)
    await unit.run(delete(member_roles).where(member_roles.c.user_id == user_id, held))


async def remove_of_bots(unit: Unit, guild_id: int, bot_ids: Sequence[int]) -> list[int]:
    """Delete the roles that bots brought along."""
    gone = (
        delete(roles)
        .where(roles.c.guild_id == guild_id, among(roles.c.bot_id, bot_ids))
        .returning(roles.c.id)
    )
    return sorted(row.id for row in await unit.all(gone))
