"""What links led to when they were looked at last, and messages whose links were not yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.tables.links import previews, unseen_links
from chat_service.tools import Unit
from contracts.wire import JSON

if TYPE_CHECKING:
    from chat_service.store.messages import Connection


PATIENCE = timedelta(minutes=1)
"""So long whoever stored a message has to look at its links; then anybody does."""
_TRIES = 3
_WISH = """
INSERT INTO unseen_links (channel_id, message_id, due)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[])
"""


async def wish_for(connection: Connection, linked: Sequence[tuple[int, int, datetime]]) -> None:
    """The links of these new messages (channel, id, since) are to be looked at."""
    channels, ids, since = zip(*linked, strict=True)
    await connection.execute(_WISH, channels, ids, [one + PATIENCE for one in since])


async def wish(unit: Unit, channel_id: int, message_id: int) -> None:
    """The links of a message are to be looked at, new or once more."""
    wished = insert(unseen_links).values(
        channel_id=channel_id, message_id=message_id, due=unit.now + PATIENCE
    )
    anew = {"due": wished.excluded.due, "tries": 0}
    keys = ["channel_id", "message_id"]
    await unit.run(wished.on_conflict_do_update(index_elements=keys, set_=anew))


async def seen(unit: Unit, channel_id: int, message_id: int, since: datetime) -> None:
    """Its links were looked at, as they were at a moment."""
    this = (unseen_links.c.channel_id == channel_id, unseen_links.c.message_id == message_id)
    await unit.run(sa.delete(unseen_links).where(*this, unseen_links.c.due <= since + PATIENCE))


async def overdue(unit: Unit, most: int) -> list[tuple[int, int]]:
    """Messages whose links nobody came to look at, kept from every other process for a while. What
    was tried too often is given up.
    """
    await unit.run(
        sa.delete(unseen_links).where(
            unseen_links.c.due <= unit.now, unseen_links.c.tries >= _TRIES
        )
    )
    keys = (unseen_links.c.channel_id, unseen_links.c.message_id)
    some = sa.select(*keys).where(unseen_links.c.due <= unit.now).order_by(unseen_links.c.due)
    held = some.limit(most).with_for_update(skip_locked=True)
    again = sa.update(unseen_links).where(sa.tuple_(*keys).in_(held))
    values = {"due": unit.now + PATIENCE, "tries": unseen_links.c.tries + 1}
    return [tuple(row) for row in await unit.all(again.values(values).returning(*keys))]


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
