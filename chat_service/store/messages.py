"""Messages in PostgreSQL, through asyncpg: the hot path of the product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from contracts.events.base import BETWEEN
from contracts.wire import JSON

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]


HAS_THREAD = 1 << 5


class Draft(NamedTuple):
    """A message about to be stored. `record` is its event with a hole where the id goes."""

    channel_id: int
    author_id: int
    nonce: str | None
    content: str
    flags: int
    mention_everyone: bool
    created: datetime
    event_id: int
    topic: str
    record: tuple[bytes, bytes]
    type: int = 0
    extras: JSON | None = None
    targets: tuple[int, ...] = ()
    """Whom it mentions: people, roles, or (@everyone) the guild."""
    is_in_thread: bool = False

    @property
    def is_plain(self) -> bool:
        """Nothing but text."""
        return not (self.type or self.extras or self.targets)


class Stored(NamedTuple):
    """What became of a draft: its id, and its outbox row unless an earlier send had stored it. What
    one batch tells of one channel lies in one row.
    """

    message_id: int
    outbox_id: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message."""

    id: int
    channel_id: int
    author_id: int
    content: str
    type: int
    flags: int
    mention_everyone: bool
    created: datetime
    edited: datetime | None = None
    pinned: datetime | None = None
    has_reactions: bool = False
    extras: JSON | None = None

    @property
    def is_plain(self) -> bool:
        """Nothing but text, as it was sent."""
        more = self.type or self.edited or self.pinned or self.has_reactions or self.extras
        return not (more or self.flags & HAS_THREAD)


_BETWEEN = f"\\x{BETWEEN.hex()}"
# One statement, hence one round trip and one commit for a whole batch:
# a nonce seen before keeps its message; the channel's row is locked in channel order and hands out
# the ids, which therefore rise in commit order under any clock and any number of processes; the
# events of each channel lie in the outbox beside the messages, as one bundle.
_INSERT = """
WITH input AS (
  SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::int[],
    $7::timestamptz[], $8::bigint[], $9::text[], $10::bytea[], $11::bytea[], $12::bigint[],
    $14::boolean[])
    AS i(ord, channel_id, author_id, nonce, content, flags, created, event_id, topic, head, tail,
      first, everyone)
), known AS (
  SELECT i.ord, n.message_id FROM input i JOIN nonces n USING (channel_id, author_id, nonce)
), fresh AS (
  SELECT i.*, row_number() OVER (PARTITION BY channel_id ORDER BY ord) AS rank,
    count(*) OVER (PARTITION BY channel_id) AS many
  FROM input i WHERE NOT EXISTS (SELECT 1 FROM known k WHERE k.ord = i.ord)
), moved AS (
  INSERT INTO heads AS h (channel_id, last_message_id)
  SELECT channel_id, min(first) + max(many) - 1 FROM fresh GROUP BY channel_id ORDER BY channel_id
  ON CONFLICT (channel_id) DO UPDATE SET last_message_id = greatest(
    h.last_message_id + (SELECT max(many) FROM fresh f WHERE f.channel_id = h.channel_id),
    excluded.last_message_id)
  RETURNING channel_id, last_message_id
), numbered AS (
  SELECT f.*, m.last_message_id - f.many + f.rank AS id FROM fresh f JOIN moved m USING (channel_id)
), stored AS (
  INSERT INTO messages (channel_id, id, author_id, content, type, flags, mention_everyone, created)
  SELECT channel_id, id, author_id, content, 0, flags, everyone, created FROM numbered
), remembered AS (
  INSERT INTO nonces (channel_id, author_id, nonce, message_id, created)
  SELECT channel_id, author_id, nonce, id, created FROM numbered WHERE nonce IS NOT NULL
), bundles AS (
  SELECT channel_id, min(event_id) AS event_id, min(topic) AS topic,
    string_agg(head || convert_to(id::text, 'UTF8') || tail, '@between' ORDER BY id) AS record
  FROM numbered GROUP BY channel_id
), told AS (
  INSERT INTO outbox (owner, event_id, topic, record)
  SELECT $13, event_id, topic, record FROM bundles ORDER BY channel_id
  RETURNING id, event_id
)
SELECT message_id, outbox_id FROM (
  SELECT n.ord, n.id AS message_id, t.id AS outbox_id
  FROM numbered n JOIN bundles b USING (channel_id) JOIN told t ON t.event_id = b.event_id
  UNION ALL SELECT ord, message_id, NULL FROM known
) AS result ORDER BY ord
""".replace("@between", _BETWEEN)

# A batch without nonces has nothing to look up first, so every message has its place within its
# channel before the statement begins: the same effects, with less for PostgreSQL to do.
_INSERT_PLACED = """
WITH input AS (
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::boolean[],
    $6::timestamptz[], $7::bytea[], $8::bytea[], $9::int[])
    AS i(channel_id, author_id, content, flags, everyone, created, head, tail, after_it)
), blocks AS (
  SELECT * FROM unnest($10::bigint[], $11::int[], $12::bigint[], $13::bigint[], $14::text[])
    AS b(channel_id, many, last, event_id, topic)
), moved AS (
  INSERT INTO heads AS h (channel_id, last_message_id)
  SELECT channel_id, last FROM blocks ORDER BY channel_id
  ON CONFLICT (channel_id) DO UPDATE SET last_message_id = greatest(
    h.last_message_id + (SELECT many FROM blocks b WHERE b.channel_id = h.channel_id),
    excluded.last_message_id)
  RETURNING channel_id, last_message_id
), numbered AS (
  SELECT i.*, m.last_message_id - i.after_it AS id FROM input i JOIN moved m USING (channel_id)
), stored AS (
  INSERT INTO messages (channel_id, id, author_id, content, type, flags, mention_everyone, created)
  SELECT channel_id, id, author_id, content, 0, flags, everyone, created FROM numbered
), bundles AS (
  SELECT channel_id,
    string_agg(head || convert_to(id::text, 'UTF8') || tail, '@between' ORDER BY id) AS record
  FROM numbered GROUP BY channel_id
), told AS (
  INSERT INTO outbox (owner, event_id, topic, record)
  SELECT $15, event_id, topic, record FROM blocks JOIN bundles USING (channel_id)
  ORDER BY channel_id
  RETURNING id, event_id
)
SELECT channel_id, last_message_id, id AS outbox_id
FROM moved JOIN blocks USING (channel_id) JOIN told USING (event_id)
""".replace("@between", _BETWEEN)

# The first with what only some messages have, paid for only by a batch that has one of them.
_STORED_MORE = "content, type, flags, everyone, created, extras"
_INSERT_MORE = (
    _INSERT.replace("$14::boolean[])", "$14::boolean[], $15::int[], $16::jsonb[])")
    .replace("first, everyone)", "first, everyone, type, extras)")
    .replace("mention_everyone, created)", "mention_everyone, created, extras)")
    .replace(
        "content, 0, flags, everyone, created", "content, type, flags, everyone, created, extras"
    )
    .replace(
        "), remembered AS (",
        """), named AS (
  SELECT target_id, channel_id, id, author_id
  FROM numbered JOIN unnest($17::int[], $18::bigint[]) AS t(ord, target_id) USING (ord)
), mentioning AS (
  INSERT INTO mentions (target_id, channel_id, message_id, author_id) SELECT * FROM named
), newest AS (
  INSERT INTO mentioned (target_id, channel_id, last_message_id)
  SELECT target_id, channel_id, max(id) FROM named GROUP BY target_id, channel_id ORDER BY 1, 2
  ON CONFLICT (target_id, channel_id) DO UPDATE SET last_message_id = excluded.last_message_id
), remembered AS (""",
    )
)

_SELECT = """
SELECT id, channel_id, author_id, content, type, flags, mention_everyone, created, edited, pinned,
  has_reactions, extras FROM messages
"""
_OLDER = _SELECT + "WHERE channel_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
_NEWER = _SELECT + "WHERE channel_id = $1 AND id >= $2 ORDER BY id LIMIT $3"
_ONE = _SELECT + "WHERE channel_id = $1 AND id = $2"
_FIRST = _SELECT + "WHERE channel_id = ANY($1::bigint[]) AND id = channel_id"
_PINNED = (
    _SELECT
    + """
WHERE channel_id = $1 AND pinned IS NOT NULL AND ($2::timestamptz IS NULL OR pinned < $2)
ORDER BY pinned DESC LIMIT $3
"""
)
_HEADS = "SELECT channel_id, last_message_id FROM heads WHERE channel_id = ANY($1::bigint[])"
_SOME = (
    _SELECT + "JOIN unnest($1::bigint[], $2::bigint[]) AS k(channel_id, id) USING (channel_id, id)"
)


async def insert(
    connection: Connection, drafts: Sequence[Draft], firsts: Sequence[int], owner: int
) -> list[Stored]:
    """Store a batch. `firsts`: for each draft the start of its channel's block of ids."""
    more: list[Any] = []
    if not all(draft.is_plain for draft in drafts):
        more = _more(drafts)
    elif all(draft.nonce is None for draft in drafts):
        return await _insert_placed(connection, drafts, firsts, owner)
    columns = tuple(zip(*drafts, strict=True))
    channels, authors, nonces, contents, flags, everyone, created, event_ids, told_on = columns[:9]
    heads, tails = zip(*columns[9], strict=True)
    rows = await connection.fetch(
        _INSERT_MORE if more else _INSERT,
        range(len(drafts)),
        channels,
        authors,
        nonces,
        contents,
        flags,
        created,
        event_ids,
        told_on,
        heads,
        tails,
        firsts,
        owner,
        everyone,
        *more,
    )
    return [Stored(*row) for row in rows]


async def _insert_placed(
    connection: Connection, drafts: Sequence[Draft], firsts: Sequence[int], owner: int
) -> list[Stored]:
    columns = tuple(zip(*drafts, strict=True))
    channels, authors, _, contents, flags, everyone, created, event_ids, told_on = columns[:9]
    heads, tails = zip(*columns[9], strict=True)
    many: dict[int, int] = {}
    first: dict[int, int] = {}
    after_it = [0] * len(drafts)
    for at in range(len(drafts) - 1, -1, -1):
        channel = channels[at]
        after_it[at] = many.get(channel, 0)
        many[channel], first[channel] = after_it[at] + 1, at
    rows = await connection.fetch(
        _INSERT_PLACED,
        channels,
        authors,
        contents,
        flags,
        everyone,
        created,
        heads,
        tails,
        after_it,
        list(many),
        list(many.values()),
        [firsts[first[channel]] + count - 1 for channel, count in many.items()],
        [event_ids[at] for at in first.values()],
        [told_on[at] for at in first.values()],
        owner,
    )
    last = {channel: (message_id, outbox_id) for channel, message_id, outbox_id in rows}
    return [
        Stored(last[channel][0] - after, last[channel][1])
        for channel, after in zip(channels, after_it, strict=True)
    ]


def _more(drafts: Sequence[Draft]) -> list[Any]:
    named = [(ord_, target) for ord_, draft in enumerate(drafts) for target in draft.targets]
    return [
        [draft.type for draft in drafts],
        [orjson.dumps(draft.extras).decode() if draft.extras else None for draft in drafts],
        [ord_ for ord_, _ in named],
        [target for _, target in named],
    ]


async def older(pool: Any, channel_id: int, below: int, limit: int) -> list[Message]:
    """The nearest messages below an id, newest first."""
    return [read(row) for row in await pool.fetch(_OLDER, channel_id, below, limit)]


async def newer(pool: Any, channel_id: int, from_id: int, limit: int) -> list[Message]:
    """The nearest messages from an id on, oldest first."""
    return [read(row) for row in await pool.fetch(_NEWER, channel_id, from_id, limit)]


async def one(pool: Any, channel_id: int, message_id: int) -> Message | None:
    """A message by id."""
    row = await pool.fetchrow(_ONE, channel_id, message_id)
    return read(row) if row else None


async def some(pool: Any, keys: Sequence[tuple[int, int]]) -> list[Message]:
    """Those of these messages (channel, id) that exist, in no order."""
    channels, ids = [key[0] for key in keys], [key[1] for key in keys]
    return [read(row) for row in await pool.fetch(_SOME, channels, ids)]


async def first_of(pool: Any, thread_ids: Sequence[int]) -> list[Message]:
    """What posts begin with, which bears their own id."""
    return [read(row) for row in await pool.fetch(_FIRST, list(thread_ids))]


async def pinned(pool: Any, channel_id: int, before: datetime | None, limit: int) -> list[Message]:
    """What is pinned in a channel, newest pin first."""
    return [read(row) for row in await pool.fetch(_PINNED, channel_id, before, limit)]


def read(row: Sequence[Any]) -> Message:
    """The message in a row of the columns above; asyncpg leaves JSON as text."""
    values = list(row)
    if isinstance(values[-1], str):
        values[-1] = orjson.loads(values[-1])
    return Message(*values)


async def newest(pool: Any, channel_ids: Sequence[int]) -> dict[int, int]:
    """The last id that each channel has handed out."""
    rows = await pool.fetch(_HEADS, list(channel_ids))
    return {row["channel_id"]: row["last_message_id"] for row in rows}


async def forget_nonces(pool: Any, hours: int) -> None:
    """Forget nonces that no client repeats any more."""
    await pool.execute(
        "DELETE FROM nonces WHERE created < now() - make_interval(hours => $1)", hours
    )


async def forget_turns(pool: Any) -> None:
    """Forget whom a slowmode keeps waiting no longer."""
    await pool.execute("DELETE FROM slowed WHERE until < now()")
