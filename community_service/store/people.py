"""Kept public faces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from community_service.domain.people import Person, search_key
from community_service.tables import people
from community_service.tools import Unit

_NAMES = tuple(field.name for field in fields(Person))
columns = tuple(people.c[name].label(f"person_{name}") for name in _NAMES)
"""What `read` needs in a row."""

_NOT_LOOKS = ("user_id", "refreshed_at")


def read(row: Row[Any]) -> Person:
    """The person in a row that has `columns`."""
    return Person(**{name: row._mapping[f"person_{name}"] for name in _NAMES})


def _row(face: Person) -> dict[str, Any]:
    return asdict(face) | {
        "username_key": search_key(face.username),
        "global_name_key": search_key(face.global_name) if face.global_name else None,
    }


async def by_ids(unit: Unit, user_ids: Sequence[int]) -> dict[int, Person]:
    """Those that are kept, by user id."""
    found = select(*columns).where(among(people.c.user_id, user_ids))
    return {person.user_id: person for person in map(read, await unit.all(found))}


async def keep(unit: Unit, faces: Sequence[Person]) -> None:
    """Keep faces, the newest look counting. In one order always, so that no two units wait for each
    other.
    """
    rows = [_row(face) for face in sorted(faces, key=lambda face: face.user_id)]
    fresh = insert(people).values(rows)
    newer = {name: fresh.excluded[name] for name in rows[0] if name != "user_id"}
    await unit.run(
        fresh.on_conflict_do_update(
            index_elements=[people.c.user_id],
            set_=newer,
            where=people.c.refreshed_at <= fresh.excluded.refreshed_at,
        )
    )


async def seen(unit: Unit, user_ids: Iterable[int], now: datetime) -> None:
    """Note when these people were seen last. In the order of `keep`, for the same reason."""
    theirs = among(people.c.user_id, user_ids)
    held = select(people.c.user_id).where(theirs).order_by(people.c.user_id).with_for_update()
    await unit.run(update(people).where(people.c.user_id.in_(held)).values(last_seen_at=now))


async def exchange(unit: Unit, face: Person) -> bool:
    """Take a new look for a kept one. False: nobody of that id is kept, or they look like this
    already.
    """
    looks = {name: value for name, value in _row(face).items() if name not in _NOT_LOOKS}
    differs = or_(*(people.c[name].is_distinct_from(value) for name, value in looks.items()))
    kept = update(people).where(people.c.user_id == face.user_id, differs)
    return await unit.run(kept.values(refreshed_at=face.refreshed_at, **looks)) == 1
