"""How far people have read, and what mentions them since. No count grows with what is unread: each
looks at so many index entries and no more.

Places of an index are compared as rows, from one to another. Said one column after the other,
PostgreSQL takes a channel for an average one, and finds all of its messages before it sorts them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import case, delete, func
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from chat_service.tables import read_states
from chat_service.tools import Unit

_UNREAD_MENTIONS = """
SELECT r.channel_id, count(DISTINCT x.message_id)
FROM unnest($4::bigint[], $5::bigint[]) AS r(channel_id, read_to)
CROSS JOIN unnest($2::bigint[], $3::bigint[]) AS a(target_id, since)
CROSS JOIN LATERAL (
  SELECT message_id FROM mentions
  WHERE (target_id, channel_id, message_id)
      > (a.target_id, r.channel_id, greatest(r.read_to, a.since))
    AND (target_id, channel_id, message_id) <= (a.target_id, r.channel_id, 9223372036854775807)
    AND author_id <> $1
  ORDER BY target_id, channel_id, message_id LIMIT $6
) x
GROUP BY r.channel_id
"""
_UNREAD_MESSAGES = """
SELECT r.channel_id, (
  SELECT count(*) FROM (
    SELECT 1 FROM messages
    WHERE (channel_id, id) > (r.channel_id, r.read_to)
      AND (channel_id, id) <= (r.channel_id, 9223372036854775807) AND author_id <> $1
    ORDER BY channel_id, id LIMIT $4
  ) unread
)
FROM unnest($2::bigint[], $3::bigint[]) AS r(channel_id, read_to)
"""
_UNREAD_CHANNELS = """
SELECT h.channel_id, h.last_message_id FROM heads h
LEFT JOIN read_states r ON r.user_id = $1 AND r.channel_id = h.channel_id
WHERE h.channel_id = ANY($2::bigint[]) AND h.last_message_id > coalesce(r.last_message_id, 0)
"""
_STATES = """
WITH aliases AS (
  SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS a(user_id, target_id, since)
), read AS (
  SELECT p.user_id, r.channel_id, r.last_message_id, r.pins_seen
  FROM unnest($1::bigint[]) AS p(user_id) CROSS JOIN LATERAL (
    SELECT channel_id, last_message_id, pins_seen FROM read_states WHERE user_id = p.user_id
    ORDER BY last_message_id DESC LIMIT $6
  ) r
), counted AS (
  SELECT a.user_id, m.channel_id, count(DISTINCT x.message_id) AS total
  FROM aliases a JOIN mentioned m USING (target_id)
  LEFT JOIN read_states r ON r.user_id = a.user_id AND r.channel_id = m.channel_id
  CROSS JOIN LATERAL (
    SELECT message_id FROM mentions
    WHERE (target_id, channel_id, message_id)
        > (a.target_id, m.channel_id, greatest(coalesce(r.last_message_id, 0), a.since))
      AND (target_id, channel_id, message_id) <= (a.target_id, m.channel_id, 9223372036854775807)
      AND author_id <> a.user_id
    ORDER BY target_id, channel_id, message_id LIMIT $5
  ) x
  WHERE m.last_message_id > greatest(coalesce(r.last_message_id, 0), a.since)
  GROUP BY a.user_id, m.channel_id
  UNION ALL
  SELECT s.user_id, s.channel_id, (
    SELECT count(*) FROM (
      SELECT 1 FROM messages
      WHERE (channel_id, id) > (s.channel_id, coalesce(r.last_message_id, 0))
        AND (channel_id, id) <= (s.channel_id, 9223372036854775807) AND author_id <> s.user_id
      ORDER BY channel_id, id LIMIT $5
    ) unread
  )
  FROM recipients s JOIN heads h ON h.channel_id = s.channel_id
  LEFT JOIN read_states r ON r.user_id = s.user_id AND r.channel_id = s.channel_id
  WHERE s.user_id = ANY($1::bigint[]) AND s.is_open
    AND h.last_message_id > coalesce(r.last_message_id, 0)
)
SELECT coalesce(r.user_id, c.user_id), coalesce(r.channel_id, c.channel_id), r.last_message_id,
  coalesce(c.total, 0), r.pins_seen
FROM read r FULL JOIN counted c ON c.user_id = r.user_id AND c.channel_id = r.channel_id
"""


@dataclass(frozen=True, slots=True)
class Marker:
    """One channel, as one person has read it."""

    channel_id: int
    last_message_id: int | None
    mentions: int
    pins_seen: datetime | None = None


class Mark(NamedTuple):
    """Where a marker stands, and how often it was moved."""

    channel_id: int
    read_to: int
    version: int


async def move(
    unit: Unit, user_id: int, to: Mapping[int, int], *, by_hand: Collection[int] = ()
) -> list[Mark]:
    """Read these channels up to there. A device that lags never moves a marker back; a hand may."""
    rows = [
        {"user_id": user_id, "channel_id": channel, "last_message_id": message, "version": 1}
        for channel, message in sorted(to.items())
    ]
    if not rows:
        return []
    marker = insert(read_states).values(rows)
    given = marker.excluded.last_message_id
    highest = func.greatest(read_states.c.last_message_id, given)
    is_by_hand = among(read_states.c.channel_id, by_hand)
    moved = marker.on_conflict_do_update(
        index_elements=["user_id", "channel_id"],
        set_={
            "last_message_id": case((is_by_hand, given), else_=highest),
            "version": read_states.c.version + 1,
        },
    )
    columns = (read_states.c.channel_id, read_states.c.last_message_id, read_states.c.version)
    return [Mark._make(row) for row in await unit.all(moved.returning(*columns))]


async def forget(unit: Unit, user_id: int, channel_id: int) -> bool:
    """Somebody has read nothing there; False if it was so already."""
    mine = (read_states.c.user_id == user_id, read_states.c.channel_id == channel_id)
    return bool(await unit.run(delete(read_states).where(*mine)))


async def see_pins(unit: Unit, user_id: int, channel_id: int) -> int:
    """Somebody has seen what is pinned there; the marker's version."""
    row = {"user_id": user_id, "channel_id": channel_id, "last_message_id": 0, "version": 1}
    marker = insert(read_states).values(**row, pins_seen=unit.now)
    moved = marker.on_conflict_do_update(
        index_elements=["user_id", "channel_id"],
        set_={"pins_seen": unit.now, "version": read_states.c.version + 1},
    )
    return int(await unit.scalar(moved.returning(read_states.c.version)))


async def unread_channels(pool: Any, user_id: int, channel_ids: Sequence[int]) -> dict[int, int]:
    """Those in which there is something new to somebody, and its last message."""
    rows = await pool.fetch(_UNREAD_CHANNELS, user_id, list(channel_ids))
    return {row[0]: row[1] for row in rows}


async def unread_mentions(
    pool: Any,
    user_id: int,
    aliases: Sequence[tuple[int, int]],
    read_to: Mapping[int, int],
    limit: int,
) -> dict[int, int]:
    """How many messages of channels of guilds mention somebody who has read to there."""
    targets, since = [one for one, _ in aliases], [floor for _, floor in aliases]
    channels, marks = list(read_to), list(read_to.values())
    given = (user_id, targets, since, channels, marks, limit)
    return {row[0]: row[1] for row in await pool.fetch(_UNREAD_MENTIONS, *given)}


async def unread_messages(
    pool: Any, user_id: int, read_to: Mapping[int, int], limit: int
) -> dict[int, int]:
    """How many messages of conversations are new to somebody: each of them is for them."""
    channels, marks = list(read_to), list(read_to.values())
    rows = await pool.fetch(_UNREAD_MESSAGES, user_id, channels, marks, limit)
    return {row[0]: row[1] for row in rows}


async def states(
    pool: Any, aliases: Mapping[int, Sequence[tuple[int, int]]], *, counted: int, limit: int
) -> dict[int, list[Marker]]:
    """Every channel that each of these people has read or is mentioned in, by one of these names
    since then; who has none is left out.
    """
    names = [(reader, *each) for reader, mine in aliases.items() for each in mine]
    whose, targets, since = ([one[at] for one in names] for at in range(3))
    rows = await pool.fetch(_STATES, list(aliases), whose, targets, since, counted, limit)
    found: dict[int, list[Marker]] = {}
    for reader, *marker in rows:
        mine = found.setdefault(reader, [])
        if len(mine) < limit:
            mine.append(Marker(*marker))
    return found
