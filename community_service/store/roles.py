"""Roles."""

from __future__ import annotations

from dataclasses import asdict, fields

from sqlalchemy import delete, insert, select

from community_service.domain.roles import Role
from community_service.store.among import among
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


async def add(unit: Unit, role: Role) -> None:
    """Keep a new role."""
    await unit.run(insert(roles).values(asdict(role)))


async def give(unit: Unit, guild_id: int, user_id: int, role_id: int) -> None:
    """Let a member hold a role."""
    await unit.run(insert(member_roles).values(guild_id=guild_id, user_id=user_id, role_id=role_id))


async def remove_of_bot(unit: Unit, guild_id: int, bot_id: int) -> list[int]:
    """Delete the roles that a bot brought along."""
    gone = (
        delete(roles)
        .where(roles.c.guild_id == guild_id, roles.c.bot_id == bot_id)
        .returning(roles.c.id)
    )
    return sorted(row.id for row in await unit.all(gone))
