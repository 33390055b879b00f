"""Settings, notification settings and notes of one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Text,
    any_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import UserId
from contracts.objects.presence import Status
from contracts.objects.settings import GuildNotifications
from contracts.rpc.users import Reader
from contracts.wire import JSON
from user_service.tables import credentials, guild_settings, notes, user_settings, users
from user_service.tools import UserUnit

_PRIVATE = 0
"""In the place of a guild: private conversations."""

_ASKED = bindparam("asked", type_=ARRAY(BigInteger))
_OF_ALL = select(user_settings.c.user_id, user_settings.c.settings).where(
    user_settings.c.user_id == any_(_ASKED)
)
_OF_ALL_GUILDS = (
    select(guild_settings.c.user_id, guild_settings.c.settings)
    .where(guild_settings.c.user_id == any_(_ASKED))
    .order_by(guild_settings.c.user_id, guild_settings.c.guild_id)
    .limit(bindparam("most", type_=Integer))
)

_is_theirs = user_settings.c.user_id == users.c.id
_lapses = user_settings.c.status_until


async def of(unit: UserUnit, user_id: int) -> JSON:
    """What was set; nothing is nothing."""
    found = select(user_settings.c.settings).where(user_settings.c.user_id == user_id)
    kept: JSON | None = await unit.scalar(found)
    return kept or {}


async def of_all(unit: UserUnit, user_ids: Sequence[int]) -> dict[int, JSON]:
    """What these people set; who set nothing is left out."""
    rows = await unit.all(_OF_ALL, asked=[int(one) for one in user_ids])
    return {row.user_id: row.settings for row in rows}


async def put(unit: UserUnit, user_id: int, settings: JSON, until: datetime | None) -> None:
    """All of it; `until` is when the custom status among them lapses."""
    row = {"user_id": user_id, "settings": settings, "status_until": until}
    fresh = insert(user_settings).values(row)
    newer = {name: fresh.excluded[name] for name in ("settings", "status_until")}
    await unit.run(fresh.on_conflict_do_update(index_elements=["user_id"], set_=newer))


async def lapsed(unit: UserUnit, limit: int) -> list[tuple[UserId, JSON]]:
    """Whose custom status has lapsed, with their settings, held against others."""
    due = select(user_settings).where(_lapses <= unit.now).limit(limit)
    rows = await unit.all(due.with_for_update(skip_locked=True))
    return [(UserId(row.user_id), row.settings) for row in rows]


async def speak(unit: UserUnit, user_id: int, *, locale: str, theme: str) -> None:
    """What is kept with the account, as a login answers it."""
    await unit.run(update(users).where(users.c.id == user_id).values(locale=locale, theme=theme))


async def of_guild(unit: UserUnit, user_id: int, guild_id: int | None) -> GuildNotifications | None:
    """Of one community."""
    mine = select(guild_settings.c.settings).where(
        guild_settings.c.user_id == user_id, guild_settings.c.guild_id == (guild_id or _PRIVATE)
    )
    found = await unit.scalar(mine)
    return GuildNotifications.model_validate(found) if found is not None else None


async def of_all_guilds(
    unit: UserUnit, user_ids: Sequence[int], limit: int
) -> dict[int, list[GuildNotifications]]:
    """Of all communities, for each of these people."""
    asked = [int(one) for one in user_ids]
    found: dict[int, list[GuildNotifications]] = {}
    for row in await unit.all(_OF_ALL_GUILDS, asked=asked, most=limit * len(asked)):
        mine = found.setdefault(row.user_id, [])
        mine.append(GuildNotifications.model_validate(row.settings))
    return found


async def of_people(
    unit: UserUnit, user_ids: Sequence[int], guild_id: int | None
) -> list[tuple[UserId, GuildNotifications]]:
    """Of one community, for those who set anything."""
    asked = literal([int(one) for one in user_ids], ARRAY(BigInteger))
    rows = await unit.all(
        select(guild_settings.c.user_id, guild_settings.c.settings).where(
            guild_settings.c.user_id == any_(asked),
            guild_settings.c.guild_id == (guild_id or _PRIVATE),
        )
    )
    return [(UserId(row.user_id), GuildNotifications.model_validate(row.settings)) for row in rows]


async def readers(unit: UserUnit, user_ids: Sequence[int]) -> list[Reader]:
    """Of the people among these whose accounts are in use."""
    asked = literal([int(one) for one in user_ids], ARRAY(BigInteger))
    rows = await unit.all(
        select(
            users.c.id,
            func.coalesce(users.c.global_name, users.c.username).label("name"),
            users.c.locale,
            case((credentials.c.is_verified, credentials.c.email)).label("email"),
            user_settings.c.settings["status"].astext.label("status"),
        )
        .select_from(users.join(credentials).outerjoin(user_settings, _is_theirs))
        .where(users.c.id == any_(asked), users.c.disabled.is_(None), users.c.deleted.is_(None))
    )
    return [
        Reader(
            user_id=UserId(row.id),
            name=row.name,
            locale=row.locale,
            is_dnd=row.status == Status.DND,
            email=row.email,
        )
        for row in rows
    ]


async def put_guild(unit: UserUnit, user_id: int, settings: GuildNotifications) -> None:
    """Those of one community."""
    row = {
        "user_id": user_id,
        "guild_id": settings.guild_id or _PRIVATE,
        "settings": settings.dump(),
        "version": settings.version,
    }
    fresh = insert(guild_settings).values(row)
    newer = {name: fresh.excluded[name] for name in ("settings", "version")}
    await unit.run(fresh.on_conflict_do_update(index_elements=["user_id", "guild_id"], set_=newer))


async def weight(unit: UserUnit, user_id: int) -> tuple[int, int]:
    """Of how many communities somebody has set something, and its size as text."""
    size = func.coalesce(func.sum(func.length(cast(guild_settings.c.settings, Text))), 0)
    mine = select(func.count().label("count"), size.label("size"))
    row = await unit.one(mine.where(guild_settings.c.user_id == user_id))
    assert row is not None
    return int(row._mapping["count"]), int(row._mapping["size"])


async def notes_of(unit: UserUnit, user_id: int, limit: int) -> list[tuple[UserId, str]]:
    """All notes."""
    mine = select(notes.c.other_id, notes.c.note).where(notes.c.user_id == user_id)
    rows = await unit.all(mine.order_by(notes.c.other_id).limit(limit))
    return [(UserId(row.other_id), row.note) for row in rows]


async def note(unit: UserUnit, user_id: int, other_id: int) -> str | None:
    """The note about one."""
    mine = select(notes.c.note).where(notes.c.user_id == user_id, notes.c.other_id == other_id)
    found: str | None = await unit.scalar(mine)
    return found


async def count_notes(unit: UserUnit, user_id: int) -> int:
    """How many."""
    return int(await unit.scalar(select(func.count()).where(notes.c.user_id == user_id)))


async def put_note(unit: UserUnit, user_id: int, other_id: int, text: str) -> None:
    """Instead of what was written; an empty one is none."""
    if not text:
        mine = delete(notes).where(notes.c.user_id == user_id, notes.c.other_id == other_id)
        await unit.run(mine)
        return
    fresh = insert(notes).values({"user_id": user_id, "other_id": other_id, "note": text})
    await unit.run(
        fresh.on_conflict_do_update(
            index_elements=["user_id", "other_id"], set_={"note": fresh.excluded.note}
        )
    )


async def forget(unit: UserUnit, user_id: int) -> None:
    """All that somebody set and wrote. What others wrote about them is theirs."""
    for table in (user_settings, guild_settings, notes):
        await unit.run(delete(table).where(table.c.user_id == user_id))
