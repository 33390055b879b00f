"""Kept public faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from community_service.domain.people import Person
from community_service.store.among import among
from community_service.tables import people
from community_service.tools import Unit

columns = tuple(column.label(f"person_{column.name}") for column in people.c)
"""What `read` needs in a row."""


def read(row: Row[Any]) -> Person:
    """The person in a row that has `columns`."""
    return Person(**{c.name: row._mapping[f"person_{c.name}"] for c in people.c})


async def by_ids(unit: Unit, user_ids: Sequence[int]) -> dict[int, Person]:
    """Those that are kept, by user id."""
    found = select(*columns).where(among(people.c.user_id, user_ids))
    return {person.user_id: person for person in map(read, await unit.all(found))}


async def keep(unit: Unit, faces: Sequence[Person]) -> None:
    """Keep faces, the newest look counting. In one order always, so that no two units wait for each
    other.
    """
    rows = [asdict(face) for face in sorted(faces, key=lambda face: face.user_id)]
    fresh = insert(people).values(rows)
    newer = {c.name: fresh.excluded[c.name] for c in people.c if c.name != "user_id"}
    await unit.run(
        fresh.on_conflict_do_update(
            index_elements=[people.c.user_id],
            set_=newer,
            where=people.c.refreshed_at <= fresh.excluded.refreshed_at,
        )
    )
