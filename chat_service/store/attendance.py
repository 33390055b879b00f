"""Who checked in where, and how many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.store.messages import Message
from chat_service.tables import check_ins, rolls
from chat_service.tools import Unit

_COUNTS = """
SELECT r.message_id, r.total, c.user_id IS NOT NULL
FROM rolls r LEFT JOIN check_ins c ON c.channel_id = r.channel_id
  AND c.message_id = r.message_id AND c.user_id = $3
WHERE (r.channel_id, r.message_id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))
"""
_WHO = "SELECT user_id, at FROM check_ins WHERE channel_id = $1 AND message_id = $2 ORDER BY at"


class Count(NamedTuple):
    """How many are there, and whether the reader is."""

    total: int = 0
    is_mine: bool = False


async def counts(pool: Any, found: Sequence[Message], reader_id: int) -> dict[int, Count]:
    """Of these roll calls. One where nobody is has none."""
    channels, ids = [one.channel_id for one in found], [one.id for one in found]
    rows = await pool.fetch(_COUNTS, channels, ids, reader_id)
    return {message_id: Count(total, is_mine) for message_id, total, is_mine in rows}


async def add(unit: Unit, message: Message, user_id: int) -> int | None:
    """One more; how many there are then. None if they were there already."""
    here = {"channel_id": message.channel_id, "message_id": message.id}
    mine = insert(check_ins).values(**here, user_id=user_id, at=unit.now)
    if not await unit.run(mine.on_conflict_do_nothing()):
        return None
    counted = insert(rolls).values(**here, total=1)
    upserted = counted.on_conflict_do_update(
        index_elements=["channel_id", "message_id"], set_={"total": rolls.c.total + 1}
    )
    return int(await unit.scalar(upserted.returning(rolls.c.total)))


async def who(pool: Any, message: Message) -> list[tuple[int, datetime]]:
    """Everybody who is there, the first first."""
    return [tuple(row) for row in await pool.fetch(_WHO, message.channel_id, message.id)]


async def total(unit: Unit, message: Message) -> int:
    """How many are there; the message is held."""
    found = sa.select(rolls.c.total).where(
        rolls.c.channel_id == message.channel_id, rolls.c.message_id == message.id
    )
    return int(await unit.scalar(found) or 0)
