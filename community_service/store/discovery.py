"""Listed communities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from community_service.domain.discovery import Listing, Search, escaped
from community_service.domain.guilds import Guild
from community_service.store import guilds as guild_rows
from community_service.tables import guilds, listings, members
from community_service.tools import Unit


def _read(row: Row[Any]) -> Listing:
    return Listing(row.guild_id, row.category, tuple(row.keywords), row.member_count)


async def by_guild(unit: Unit, guild_id: int) -> Listing | None:
    """How a guild is listed, if it is."""
    row = await unit.one(select(listings).where(listings.c.guild_id == guild_id))
    return _read(row) if row else None


async def add(unit: Unit, guild_id: int) -> None:
    """List a guild; one that is listed already stays as it is."""
    count = select(func.count()).where(members.c.guild_id == guild_id).scalar_subquery()
    row = {"guild_id": guild_id, "category": 0, "keywords": [], "member_count": count}
    await unit.run(insert(listings).values(row).on_conflict_do_nothing())


async def change(unit: Unit, guild_id: int, changes: Mapping[str, object]) -> None:
    """Set some fields."""
    await unit.run(update(listings).where(listings.c.guild_id == guild_id).values(changes))


async def remove(unit: Unit, guild_id: int) -> None:
    """List a guild no more."""
    await unit.run(delete(listings).where(listings.c.guild_id == guild_id))


async def find(unit: Unit, search: Search) -> tuple[list[tuple[Guild, Listing]], int]:
    """A page of what is looked for, the largest first, and how many there are in all."""
    wanted = _wanted(search)
    joined = listings.join(guilds, guilds.c.id == listings.c.guild_id)
    total = await unit.scalar(select(func.count()).select_from(joined).where(wanted))
    page = (
        select(*guilds.c, *(column for column in listings.c if column.name != "id"))
        .select_from(joined)
        .where(wanted)
        .order_by(listings.c.member_count.desc(), listings.c.guild_id)
        .limit(search.limit)
        .offset(search.offset)
    )
    return [(guild_rows.read(row), _read(row)) for row in await unit.all(page)], int(total)


async def recount(unit: Unit, *, after: int, limit: int) -> int | None:
    """Count the members of some listed guilds again; the last one of them, None at the end."""
    some = select(listings.c.guild_id).where(listings.c.guild_id > after)
    batch = some.order_by(listings.c.guild_id).limit(limit).cte("batch")
    counted = (
        select(batch.c.guild_id, func.count(members.c.user_id).label("count"))
        .select_from(batch.outerjoin(members, members.c.guild_id == batch.c.guild_id))
        .group_by(batch.c.guild_id)
        .cte("counted")
    )
    changed = (
        update(listings)
        .where(listings.c.guild_id == counted.c.guild_id)
        .values(member_count=counted.c.count)
        .returning(listings.c.guild_id)
    )
    return max((row.guild_id for row in await unit.all(changed)), default=None)


def _wanted(search: Search) -> ColumnElement[bool]:
    wanted: list[ColumnElement[bool]] = [listings.c.guild_id == guilds.c.id]
    if search.categories:
        wanted.append(listings.c.category.in_(search.categories))
    if search.language:
        wanted.append(guilds.c.preferred_locale.startswith(search.language, autoescape=True))
    if search.text:
        pattern = f"%{escaped(search.text)}%"
        keyword = func.array_to_string(listings.c.keywords, " ").ilike(pattern)
        wanted.append(
            or_(guilds.c.name.ilike(pattern), guilds.c.description.ilike(pattern), keyword)
        )
    return and_(*wanted)
