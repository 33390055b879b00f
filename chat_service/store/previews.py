"""What links led to when they were looked at last."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.tables import previews
from chat_service.tools import Unit
from contracts.wire import JSON


async def known(unit: Unit, url: str) -> tuple[bool, JSON | None]:
    """Whether it was looked at lately, and what there was to show."""
    found = sa.select(previews.c.found).where(
        previews.c.digest == _digest(url), previews.c.until > unit.now
    )
    row = await unit.one(found)
    return row is not None, row.found if row is not None else None


async def note(unit: Unit, url: str, found: JSON | None, until: datetime) -> None:
    """Remember it for a while, and if it is nothing, that too."""
    said = sa.null() if found is None else found
    new = insert(previews).values(digest=_digest(url), found=said, until=until)
    await unit.run(
        new.on_conflict_do_update(
            index_elements=["digest"], set_={"found": new.excluded.found, "until": until}
        )
    )


async def forget(unit: Unit) -> None:
    """Forget what is old."""
    await unit.run(sa.delete(previews).where(previews.c.until < unit.now))


def _digest(url: str) -> bytes:
    return sha256(url.encode()).digest()
