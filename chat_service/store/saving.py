"""Messages that people have saved, and mentions that they want to see no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.tables.search import hidden_mentions, saved
from chat_service.tools import Unit

_PAGE = """
SELECT channel_id, message_id, at FROM saved
WHERE user_id = $1 AND ($2::timestamptz IS NULL OR at < $2) ORDER BY at DESC LIMIT $3
"""
# Each name's newest mentions, and of them all the newest: what lies further back is not looked at.
_MENTIONS = """
SELECT m.channel_id, m.message_id
FROM unnest($2::bigint[], $3::bigint[]) AS a(target_id, since) CROSS JOIN LATERAL (
  SELECT channel_id, message_id FROM mentions
  WHERE target_id = a.target_id AND message_id < $4 AND message_id > a.since AND author_id <> $1
  ORDER BY message_id DESC LIMIT $5
) m
WHERE NOT EXISTS (
  SELECT 1 FROM hidden_mentions h
  WHERE h.user_id = $1 AND h.channel_id = m.channel_id AND h.message_id = m.message_id
)
GROUP BY m.channel_id, m.message_id ORDER BY m.message_id DESC LIMIT $5
"""
_WHERE = """
SELECT channel_id FROM mentions WHERE target_id = ANY($1::bigint[]) AND message_id = $2 LIMIT 1
"""


class Saved(NamedTuple):
    """A message that somebody has saved."""

    channel_id: int
    message_id: int
    at: datetime


async def page(pool: Any, user_id: int, before: datetime | None, limit: int) -> list[Saved]:
    """What somebody has saved, the latest first."""
    return [Saved(*row) for row in await pool.fetch(_PAGE, user_id, before, limit)]


async def count(unit: Unit, user_id: int) -> int:
    """How many that are."""
    found = sa.select(sa.func.count()).where(saved.c.user_id == user_id)
    return int(await unit.scalar(found))


async def save(unit: Unit, user_id: int, channel_id: int, message_id: int) -> bool:
    """Save a message; False if it is saved already."""
    row = {"user_id": user_id, "channel_id": channel_id, "message_id": message_id}
    fresh = insert(saved).values(**row, at=unit.now)
    return bool(await unit.run(fresh.on_conflict_do_nothing()))


async def unsave(unit: Unit, user_id: int, channel_id: int, message_id: int) -> bool:
    """No longer; False if it was not saved."""
    mine = (saved.c.user_id == user_id, saved.c.channel_id == channel_id)
    return bool(await unit.run(sa.delete(saved).where(*mine, saved.c.message_id == message_id)))


async def mentions(
    pool: Any, user_id: int, aliases: Sequence[tuple[int, int]], below: int, limit: int
) -> list[tuple[int, int]]:
    """The newest messages (channel, id) that mention somebody under these names, from below an id
    on. A name counts since an id.
    """
    targets, since = [one for one, _ in aliases], [floor for _, floor in aliases]
    rows = await pool.fetch(_MENTIONS, user_id, targets, since, below, limit)
    return [tuple(row) for row in rows]


async def where_mentioned(pool: Any, targets: Sequence[int], message_id: int) -> int | None:
    """The channel in which a message mentions one of these."""
    found: int | None = await pool.fetchval(_WHERE, list(targets), message_id)
    return found


async def hide(unit: Unit, user_id: int, channel_id: int, message_id: int) -> bool:
    """Show a mention no more; False if it is hidden already."""
    row = {"user_id": user_id, "channel_id": channel_id, "message_id": message_id}
    return bool(await unit.run(insert(hidden_mentions).values(row).on_conflict_do_nothing()))
