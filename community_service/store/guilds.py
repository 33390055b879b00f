"""Guilds: rows, locks, and the members of deleted ones who are still to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, delete, func, insert, literal, select, tuple_, update

from community_service.domain.guilds import Guild
from community_service.tables import channels, departures, guilds, members
from community_service.tools import Unit


def read(row: Row[Any]) -> Guild:
    """The guild in a row that begins with the columns of `guilds`."""
    columns = {column.name: row._mapping[column] for column in guilds.c}
    return Guild(**{**columns, "features": tuple(columns["features"])})


async def add(unit: Unit, guild: Guild) -> None:
    """Keep a new guild."""
    await unit.run(insert(guilds).values(asdict(guild)))


async def by_id(unit: Unit, guild_id: int) -> Guild | None:
    """A guild, whoever asks."""
    row = await unit.one(select(guilds).where(guilds.c.id == guild_id))
    return read(row) if row else None


async def count_owned(unit: Unit, user_id: int) -> int:
    """How many somebody owns; owners are members."""
    owned = (
        select(func.count())
        .select_from(guilds.join(members, members.c.guild_id == guilds.c.id))
        .where(members.c.user_id == user_id, guilds.c.owner_id == user_id)
    )
    return int(await unit.scalar(owned))


async def change(unit: Unit, guild_id: int, changes: Mapping[str, object]) -> None:
    """Set some fields."""
    await unit.run(update(guilds).where(guilds.c.id == guild_id).values(changes))


async def hold(unit: Unit, guild_id: int) -> bool:
    """Let nobody else change this guild's structure until this unit ends. False: it is gone."""
    held = select(guilds.c.id).where(guilds.c.id == guild_id)
    return await unit.one(held.with_for_update(key_share=True)) is not None


async def hold_of_channel(unit: Unit, channel_id: int) -> bool:
    """`hold` for the guild of a channel."""
    owner = select(channels.c.guild_id).where(channels.c.id == channel_id).scalar_subquery()
    held = select(guilds.c.id).where(guilds.c.id == owner)
    return await unit.one(held.with_for_update(key_share=True)) is not None


async def keep_alive(unit: Unit, guild_id: int) -> Guild | None:
    """The guild, which nobody can delete until this unit ends."""
    held = select(guilds).where(guilds.c.id == guild_id)
    row = await unit.one(held.with_for_update(read=True, key_share=True))
    return read(row) if row else None


async def remove(unit: Unit, guild_id: int) -> None:
    """Delete a guild with all that belongs to it, and note who is to be told."""
    await unit.one(select(guilds.c.id).where(guilds.c.id == guild_id).with_for_update())
    theirs = select(members.c.guild_id, members.c.user_id).where(members.c.guild_id == guild_id)
    await unit.run(insert(departures).from_select(["guild_id", "user_id"], theirs))
    await unit.run(delete(guilds).where(guilds.c.id == guild_id))


async def take_departures(unit: Unit, limit: int) -> list[tuple[int, int]]:
    """Up to `limit` pairs of guild and user still to be told; no other process takes the same."""
    some = (
        select(departures.c.guild_id, departures.c.user_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        delete(departures)
        .where(tuple_(departures.c.guild_id, departures.c.user_id).in_(some))
        .returning(departures.c.guild_id, departures.c.user_id)
    )
    return sorted((row.guild_id, row.user_id) for row in await unit.all(taken))


async def queue_for(unit: Unit, *user_ids: int) -> None:
    """One at a time may make these users members of more guilds, or shut them out. In one order
    always, so that no two units wait for each other.
    """
    queued = func.unnest(literal(sorted(set(user_ids)), ARRAY(BigInteger))).column_valued("user_id")
    await unit.all(select(func.pg_advisory_xact_lock(queued)))
