"""Custom emojis."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, any_, delete, func, insert, literal, select, update

from community_service.domain.emojis import Emoji
from community_service.store import people as faces
from community_service.tables import emojis, people
from community_service.tools import Unit


async def add(unit: Unit, emoji: Emoji) -> None:
    """Keep a new emoji."""
    await unit.run(
        insert(emojis).values(
            id=emoji.id,
            guild_id=emoji.guild_id,
            name=emoji.name,
            is_animated=emoji.is_animated,
            creator_id=emoji.creator_id,
            roles=emoji.roles,
        )
    )


async def of_guild(unit: Unit, guild_id: int) -> list[Emoji]:
    """All of a guild with their makers, the oldest first."""
    found = (
        select(*emojis.c, *faces.columns)
        .select_from(emojis.outerjoin(people, people.c.user_id == emojis.c.creator_id))
        .where(emojis.c.guild_id == guild_id)
        .order_by(emojis.c.id)
    )
    return [
        Emoji(
            id=row.id,
            guild_id=guild_id,
            name=row.name,
            is_animated=row.is_animated,
            creator_id=row.creator_id,
            roles=tuple(row.roles),
            creator=faces.read(row) if row.person_user_id is not None else None,
        )
        for row in await unit.all(found)
    ]


async def by_id(unit: Unit, emoji_id: int) -> Emoji | None:
    """One, whoever asks."""
    row = await unit.one(select(*emojis.c).where(emojis.c.id == emoji_id))
    if row is None:
        return None
    roles = tuple(row.roles)
    return Emoji(row.id, row.guild_id, row.name, row.is_animated, row.creator_id, roles)


async def change(unit: Unit, emoji_id: int, changes: Mapping[str, object]) -> None:
    """Set some fields."""
    await unit.run(update(emojis).where(emojis.c.id == emoji_id).values(changes))


async def forget_role(unit: Unit, guild_id: int, role_id: int) -> bool:
    """A role is gone; whether some could be used by it and by others. Where it was the only one
    it stays: a list without roles would be for everybody.
    """
    gone = literal(role_id, BigInteger)
    others = func.cardinality(emojis.c.roles) > 1
    theirs = (emojis.c.guild_id == guild_id, gone == any_(emojis.c.roles), others)
    left = func.array_remove(emojis.c.roles, gone)
    return bool(await unit.run(update(emojis).where(*theirs).values(roles=left)))


async def remove(unit: Unit, emoji_id: int) -> None:
    """Forget an emoji."""
    await unit.run(delete(emojis).where(emojis.c.id == emoji_id))
