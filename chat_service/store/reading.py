"""How far people have read, and what mentions them since. No count grows with what is unread: each
looks at so many index entries and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from chat_service.tables import read_states
from chat_service.tools import Unit

_UNREAD_MENTIONS = """
SELECT count(DISTINCT message_id) FROM (
  SELECT x.message_id FROM unnest($2::bigint[], $3::bigint[]) AS a(target_id, since)
  CROSS JOIN LATERAL (
    SELECT message_id FROM mentions
    WHERE target_id = a.target_id AND channel_id = $4 AND message_id > greatest($5, a.since)
      AND author_id <> $1
    ORDER BY message_id LIMIT $6
  ) x
) counted
"""
_UNREAD_MESSAGES = """
SELECT count(*) FROM (
  SELECT 1 FROM messages WHERE channel_id = $2 AND id > $3 AND author_id <> $1 LIMIT $4
) unread
"""
_STATES = """
WITH aliases AS (
  SELECT * FROM unnest($2::bigint[], $3::bigint[]) AS a(target_id, since)
), read AS (
  SELECT channel_id, last_message_id FROM read_states WHERE user_id = $1
  ORDER BY last_message_id DESC LIMIT $5
), counted AS (
  SELECT m.channel_id, count(DISTINCT x.message_id) AS total
  FROM aliases a JOIN mentioned m USING (target_id)
  LEFT JOIN read_states r ON r.user_id = $1 AND r.channel_id = m.channel_id
  CROSS JOIN LATERAL (
    SELECT message_id FROM mentions
    WHERE target_id = a.target_id AND channel_id = m.channel_id AND author_id <> $1
      AND message_id > greatest(coalesce(r.last_message_id, 0), a.since)
    ORDER BY message_id LIMIT $4
  ) x
  WHERE m.last_message_id > greatest(coalesce(r.last_message_id, 0), a.since)
  GROUP BY m.channel_id
  UNION ALL
  SELECT s.channel_id, (
    SELECT count(*) FROM (
      SELECT 1 FROM messages WHERE channel_id = s.channel_id AND author_id <> $1
        AND id > coalesce(r.last_message_id, 0) LIMIT $4
    ) unread
  )
  FROM recipients s JOIN heads h ON h.channel_id = s.channel_id
  LEFT JOIN read_states r ON r.user_id = $1 AND r.channel_id = s.channel_id
  WHERE s.user_id = $1 AND s.is_open AND h.last_message_id > coalesce(r.last_message_id, 0)
)
SELECT coalesce(r.channel_id, c.channel_id), r.last_message_id, coalesce(c.total, 0)
FROM read r FULL JOIN counted c ON c.channel_id = r.channel_id
LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class Marker:
    """One channel, as one person has read it."""

    channel_id: int
    last_message_id: int | None
    mentions: int


async def move(
    unit: Unit, user_id: int, channel_id: int, message_id: int, *, is_manual: bool
) -> tuple[int, int]:
    """Read up to here. A device that lags never moves the marker back; a hand may. Where it stands
    then, and its version.
    """
    marker = insert(read_states).values(
        user_id=user_id, channel_id=channel_id, last_message_id=message_id, version=1
    )
    highest = func.greatest(read_states.c.last_message_id, marker.excluded.last_message_id)
    moved = marker.on_conflict_do_update(
        index_elements=["user_id", "channel_id"],
        set_={
            "last_message_id": marker.excluded.last_message_id if is_manual else highest,
            "version": read_states.c.version + 1,
        },
    )
    marker_now = moved.returning(read_states.c.last_message_id, read_states.c.version)
    row = (await unit.all(marker_now))[0]
    return row.last_message_id, row.version


async def unread_mentions(
    pool: Any,
    user_id: int,
    aliases: Sequence[tuple[int, int]],
    channel_id: int,
    read_to: int,
    limit: int,
) -> int:
    """How many messages of a guild's channel mention somebody who has read to there."""
    targets, since = [one for one, _ in aliases], [floor for _, floor in aliases]
    return int(
        await pool.fetchval(_UNREAD_MENTIONS, user_id, targets, since, channel_id, read_to, limit)
    )


async def unread_messages(
    pool: Any, user_id: int, channel_id: int, read_to: int, limit: int
) -> int:
    """How many messages of a conversation are new to somebody: each of them is for them."""
    return int(await pool.fetchval(_UNREAD_MESSAGES, user_id, channel_id, read_to, limit))


async def states(
    pool: Any, user_id: int, aliases: Sequence[tuple[int, int]], *, counted: int, limit: int
) -> list[Marker]:
    """Every channel that somebody has read or is mentioned in."""
    targets, since = [one for one, _ in aliases], [floor for _, floor in aliases]
    rows = await pool.fetch(_STATES, user_id, targets, since, counted, limit)
    return [Marker(*row) for row in rows]
