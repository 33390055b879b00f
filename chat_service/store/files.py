"""Which files there are, which message holds each, and when those that none holds are to go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Any

import sqlalchemy as sa

from chassis.sql import among
from chat_service.tables import files
from chat_service.tools import Unit
from contracts.attachments import Place
from contracts.wire import JSON


@dataclass(frozen=True, slots=True)
class File:
    """A file that a message may come to hold. Without facts it has not come yet."""

    channel_id: int
    id: int
    author_id: int
    filename: str
    facts: JSON | None

    @property
    def place(self) -> Place:
        """Where it lies, and under which name it is shown."""
        return Place(self.channel_id, self.id, self.filename)


_COLUMNS = tuple(files.c[name] for name in File.__dataclass_fields__)
_ANY = 1 << 40
"""Beyond every file: what was announced to an older house."""
_FREE = (files.c.holder_id.is_(None), files.c.due.is_not(None))


async def expect(
    unit: Unit,
    places: Iterable[Place],
    author_id: int,
    due: datetime,
    announced: Iterable[int | None] = repeat(None),
) -> None:
    """Files come, as large as they were announced, and go again when they are due, unless a message
    holds them by then.
    """
    rows = [
        {**place._asdict(), "author_id": author_id, "due": due, "announced": size}
        for place, size in zip(places, announced, strict=False)
    ]
    if rows:
        await unit.run(sa.insert(files), rows)


async def one(unit: Unit, place: Place) -> File | None:
    """A file that no message holds."""
    found = sa.select(*_COLUMNS).where(_at(place), *_FREE)
    row = await unit.one(found)
    return File(*tuple(row)) if row else None


async def free(unit: Unit, author_id: int, ids: Sequence[int]) -> dict[int, File]:
    """Those of somebody's files that came and that no message holds."""
    found = sa.select(*_COLUMNS).where(
        among(files.c.id, ids), files.c.author_id == author_id, files.c.facts["size"].is_not(None)
    )
    return {row.id: File(*tuple(row)) for row in await unit.all(found.where(*_FREE))}


async def waiting(unit: Unit, author_id: int) -> int:
    """How many files of somebody no message holds."""
    open_ones = (files.c.author_id == author_id, files.c.due.is_not(None))
    mine = sa.select(sa.func.count()).where(*open_ones)
    return int(await unit.scalar(mine))


async def take(unit: Unit, place: Place) -> int | None:
    """Begin to fill an announced file; how large it may be. Only one who begins is let in."""
    taken = sa.update(files).where(_at(place), *_FREE, files.c.facts.is_(None)).values(facts={})
    row = await unit.one(taken.returning(sa.func.coalesce(files.c.announced, _ANY)))
    return None if row is None else int(row[0])


async def filled(unit: Unit, place: Place, facts: JSON | None) -> bool:
    """It is here, and this is known of it; or it did not come after all."""
    told: Any = sa.null() if facts is None else facts
    changed = sa.update(files).where(_at(place), *_FREE, files.c.facts.is_not(None))
    return bool(await unit.run(changed.values(facts=told)))


async def claim(unit: Unit, channel_id: int, message_id: int, places: Sequence[Place]) -> bool:
    """A message holds these from now on. False if one is not to be had any more."""
    held = {"due": None, "holder_channel_id": channel_id, "holder_id": message_id}
    return await _held(unit, places, held)


async def lend(unit: Unit, interaction_id: int, places: Sequence[Place], due: datetime) -> bool:
    """An application that is asked something is shown these until then; no message takes them."""
    return await _held(unit, places, {"due": due, "holder_id": interaction_id})


async def release(
    unit: Unit, channel_id: int, message_ids: Sequence[int], only: Sequence[int] | None = None
) -> None:
    """Messages hold their files (or `only` these) no longer: they are to go."""
    held = [files.c.holder_channel_id == channel_id, among(files.c.holder_id, message_ids)]
    if only is not None:
        held.append(among(files.c.id, only))
    gone = {"due": unit.now, "holder_channel_id": None, "holder_id": None}
    await unit.run(sa.update(files).where(*held).values(gone))


async def forsake(unit: Unit, places: Sequence[Place]) -> None:
    """Files that no message came to hold are to go at once."""
    wanted = among(files.c.id, [one.id for one in places])
    here = among(files.c.channel_id, {one.channel_id for one in places})
    await unit.run(sa.update(files).where(here, wanted, *_FREE).values(due=unit.now))


async def known(
    unit: Unit, places: Iterable[Place], *, is_held: bool = False
) -> set[tuple[int, int]]:
    """Channel and id of those that a row tells of, or that a message holds."""
    wanted = list(places)
    here = among(files.c.channel_id, {one.channel_id for one in wanted})
    found = sa.select(files.c.channel_id, files.c.id).where(
        here, among(files.c.id, [one.id for one in wanted])
    )
    if is_held:
        found = found.where(files.c.holder_id.is_not(None))
    return {(row.channel_id, row.id) for row in await unit.all(found)}


async def held(unit: Unit, after: Place, most: int) -> list[Place]:
    """The next files that messages hold."""
    keys = (files.c.channel_id, files.c.id)
    last = (sa.literal(one, sa.BigInteger) for one in after[:2])
    found = sa.select(*keys, files.c.filename).where(
        files.c.holder_id.is_not(None), sa.tuple_(*keys) > sa.tuple_(*last)
    )
    return [Place(*tuple(row)) for row in await unit.all(found.order_by(*keys).limit(most))]


async def due(unit: Unit, most: int) -> list[Place]:
    """Files that are to go, held until this unit ends."""
    found = (
        sa.select(files.c.channel_id, files.c.id, files.c.filename)
        .where(files.c.due <= unit.now)
        .order_by(files.c.due)
        .limit(most)
    )
    return [Place(*tuple(row)) for row in await unit.all(found.with_for_update(skip_locked=True))]


async def forget(unit: Unit, places: Sequence[Place]) -> None:
    """They are gone."""
    here = among(files.c.channel_id, {one.channel_id for one in places})
    await unit.run(sa.delete(files).where(here, among(files.c.id, [one.id for one in places])))


async def _held(unit: Unit, places: Sequence[Place], held: Mapping[str, Any]) -> bool:
    wanted = (
        among(files.c.channel_id, {one.channel_id for one in places}),
        among(files.c.id, [one.id for one in places]),
    )
    free = (files.c.holder_id.is_(None), files.c.due > unit.now)
    return await unit.run(sa.update(files).where(*wanted, *free).values(held)) == len(places)


def _at(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(files.c.channel_id == place.channel_id, files.c.id == place.id)
