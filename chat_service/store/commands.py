"""Commands of applications, and who may use them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from chat_service.tables import command_permissions, commands
from chat_service.tools import Unit
from contracts import limits
from contracts.wire import JSON


@dataclass(frozen=True, slots=True)
class Command:
    """One of them; `guild_id` 0: it is there everywhere."""

    id: int
    application_id: int
    guild_id: int
    type: int
    name: str
    version: int
    definition: JSON


@dataclass(frozen=True, slots=True)
class Permissions:
    """Who may use a command, or (under the application's id) what an application offers."""

    guild_id: int
    id: int
    application_id: int
    permissions: Sequence[JSON]


async def listed(unit: Unit, application_id: int, guild_id: int) -> list[Command]:
    """What an application offers everywhere, or in one guild."""
    return await _all(
        unit, commands.c.application_id == application_id, commands.c.guild_id == guild_id
    )


async def hold(unit: Unit, application_id: int, guild_id: int) -> list[Command]:
    """The same, while nobody else changes what this application offers there."""
    key = sa.func.hashtextextended(f"commands:{application_id}:{guild_id}", 0)
    await unit.run(sa.select(sa.func.pg_advisory_xact_lock(key)))
    return await listed(unit, application_id, guild_id)


async def one(unit: Unit, command_id: int) -> Command | None:
    """A command by id."""
    row = await unit.one(sa.select(commands).where(commands.c.id == command_id))
    return Command(**row._mapping) if row else None


async def offered(unit: Unit, guild_id: int, application_ids: Collection[int]) -> list[Command]:
    """What these applications offer in a guild, or (0) everywhere: all of it together."""
    return await _all(
        unit,
        among(commands.c.application_id, application_ids),
        commands.c.guild_id.in_({0, guild_id}),
    )


async def put(unit: Unit, command: Command) -> None:
    """Keep a command as it is now."""
    values = {name: getattr(command, name) for name in Command.__dataclass_fields__}
    new = insert(commands).values(values)
    changed = {name: new.excluded[name] for name in ("name", "version", "definition")}
    await unit.run(new.on_conflict_do_update(index_elements=["id"], set_=changed))


async def remove(unit: Unit, command_ids: Collection[int]) -> None:
    """Forget commands, and who may use them."""
    for table in (command_permissions, commands):
        await unit.run(sa.delete(table).where(among(table.c.id, command_ids)))


async def forget_guild(unit: Unit, guild_id: int) -> None:
    """A guild is no more."""
    for table in (commands, command_permissions):
        await unit.run(sa.delete(table).where(table.c.guild_id == guild_id))


async def permissions(
    unit: Unit, guild_id: int, application_ids: Collection[int]
) -> list[Permissions]:
    """Everything that was said in a guild of what these applications offer."""
    found = sa.select(command_permissions).where(
        command_permissions.c.guild_id == guild_id,
        among(command_permissions.c.application_id, application_ids),
    )
    return [Permissions(**row._mapping) for row in await unit.all(found)]


async def permit(unit: Unit, said: Permissions) -> None:
    """Somebody governs who may use a command. Nothing said is nothing kept."""
    here = (command_permissions.c.guild_id == said.guild_id, command_permissions.c.id == said.id)
    if not said.permissions:
        await unit.run(sa.delete(command_permissions).where(*here))
        return
    new = insert(command_permissions).values(
        guild_id=said.guild_id,
        id=said.id,
        application_id=said.application_id,
        permissions=list(said.permissions),
    )
    await unit.run(
        new.on_conflict_do_update(
            index_elements=["guild_id", "id"], set_={"permissions": new.excluded.permissions}
        )
    )


async def _all(unit: Unit, *which: Any) -> list[Command]:
    found = sa.select(commands).where(*which).order_by(commands.c.id)
    return [Command(**row._mapping) for row in await unit.all(found.limit(limits.COMMANDS_LISTED))]
