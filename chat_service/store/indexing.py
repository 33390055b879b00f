"""What can be found of messages: filled behind the sends, batch by batch, and exact from then on.

A text is folded (one width, one case, nothing invisible) and cut into overlapping pairs of signs,
so that any piece of it is found, Korean syllables and the middle of words alike. Whatever else one
asks for (who, whom, with what) is a mark. Both are hashed with the guild or conversation they
belong to, so what others say makes no search longer. Folding and cutting are functions of the
database, made by a migration: finding.py asks by the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.tables import heads, messages
from chat_service.tables.search import findable, indexed
from chat_service.tools import Unit

_OF_TEXT = """
SELECT 'mention:' || named[1] FROM regexp_matches(m.content, '<@!?([0-9]+)>', 'g') AS named
WHERE strpos(m.content, '<@') > 0 AND NOT coalesce(m.extras ? 'mentions', false)
UNION ALL
SELECT 'role:' || named[1] FROM regexp_matches(m.content, '<@&([0-9]+)>', 'g') AS named
WHERE strpos(m.content, '<@') > 0 AND NOT coalesce(m.extras ? 'mention_roles', false)
UNION ALL
SELECT 'host:' || split_part(split_part(host[1], '@', -1), ':', 1)
FROM regexp_matches(s.folded, 'https?://([^/\\s?#<>]+)', 'g') AS host
WHERE strpos(s.folded, '://') > 0
"""
_OF_EXTRAS = """
SELECT 'mention:' || one FROM jsonb_array_elements_text(m.extras -> 'mentions') AS one
UNION ALL SELECT 'role:' || one FROM jsonb_array_elements_text(m.extras -> 'mention_roles') AS one
UNION ALL SELECT 'has:' || kind FROM (VALUES ('embed', 'embeds'), ('file', 'attachments'),
    ('sticker', 'sticker_items'), ('poll', 'poll'), ('snapshot', 'message_snapshots')
  ) AS known(kind, name) WHERE m.extras ? name
UNION ALL SELECT unnest(ARRAY[
    'has:' || CASE split_part(a ->> 'content_type', '/', 1)
      WHEN 'image' THEN 'image' WHEN 'video' THEN 'video' WHEN 'audio' THEN 'sound' END,
    'file:' || lower(a ->> 'filename'),
    'ext:' || lower(substring(a ->> 'filename' FROM '[.]([^.]+)$'))
  ]) FROM jsonb_array_elements(m.extras -> 'attachments') AS a
UNION ALL SELECT unnest(ARRAY[
    'embed:' || CASE e ->> 'type' WHEN 'gifv' THEN 'gif' ELSE e ->> 'type' END,
    'provider:' || lower(e -> 'provider' ->> 'name'),
    CASE WHEN e ? 'image' THEN 'has:image' END,
    CASE WHEN e ? 'video' THEN 'has:video' END
  ]) FROM jsonb_array_elements(m.extras -> 'embeds') AS e
UNION ALL SELECT unnest(ARRAY['answer:' || r.id, 'answered:' || r.author_id])
"""
_SHAPED = """
SELECT m.channel_id, m.id, CAST(:scope AS bigint), CAST(:place AS bigint), s.folded,
  grams(' ' || s.folded, CAST(:scope AS bigint)),
  ARRAY(
    SELECT DISTINCT hashtextextended(mark, CAST(:scope AS bigint)) FROM (
      SELECT unnest(ARRAY[
        'author:' || m.author_id,
        'channel:' || m.channel_id,
        CASE WHEN m.extras ? 'webhook_id' THEN 'by:webhook'
          WHEN m.author_id = ANY(CAST(:bots AS bigint[])) THEN 'by:bot' ELSE 'by:user' END,
        CASE WHEN m.mention_everyone THEN 'everyone' END,
        CASE WHEN m.pinned IS NOT NULL THEN 'pinned' END,
        CASE WHEN s.folded ~ 'https?://' THEN 'has:link' END
      ])
      UNION ALL SELECT * FROM (@of_text) of_text
      UNION ALL SELECT * FROM (@of_extras) of_extras WHERE m.extras IS NOT NULL
    ) every(mark) WHERE mark IS NOT NULL
  )
FROM messages m
LEFT JOIN messages r ON m.type = 19 AND r.channel_id = m.channel_id
  AND r.id = (m.extras -> 'message_reference' ->> 'message_id')::bigint,
LATERAL (SELECT folded(m.content) AS folded OFFSET 0) s
WHERE m.channel_id = :channel AND m.type IN (0, 19, 20, 23)
""".replace("@of_text", _OF_TEXT).replace("@of_extras", _OF_EXTRAS)
"""Types: what people and programs said, not what the house said of them."""
_ADD = """
INSERT INTO findable (channel_id, id, scope_id, place_id, folded, grams, marks) @shaped
AND m.id > :above AND m.id <= :up_to ON CONFLICT DO NOTHING
""".replace("@shaped", _SHAPED)
_RENEW = """
UPDATE findable f SET folded = n.folded, grams = n.grams, marks = n.marks
FROM (@shaped AND m.id = :id) AS n(channel_id, id, scope_id, place_id, folded, grams, marks)
WHERE f.channel_id = n.channel_id AND f.id = n.id
""".replace("@shaped", _SHAPED)
# Locked against deletion only: who deletes one of them waits, and then deletes what is added.
_NEXT = """
SELECT id, author_id FROM messages WHERE channel_id = :channel AND id > :above
ORDER BY id LIMIT :most FOR KEY SHARE
"""
_STALE = """
SELECT h.channel_id FROM heads h LEFT JOIN indexed i USING (channel_id)
WHERE h.last_message_id > coalesce(i.up_to, 0)
"""
_STALE_OF = """
SELECT c.id FROM (
  SELECT unnest($2::bigint[]) UNION ALL
  SELECT t.id FROM threads t WHERE t.parent_id = ANY($2::bigint[])
) AS c(id)
JOIN heads h ON h.channel_id = c.id LEFT JOIN indexed i ON i.channel_id = c.id
WHERE h.last_message_id > coalesce(i.up_to, 0) LIMIT $1
"""


async def stale(pool: Any, most: int, channel_ids: Sequence[int] | None = None) -> list[int]:
    """Channels in which something was said that is not to be found yet: of these and the threads
    in them, or of all.
    """
    if channel_ids is None:
        rows = await pool.fetch(f"{_STALE} LIMIT $1", most)
    else:
        rows = await pool.fetch(_STALE_OF, most, list(channel_ids))
    return [row[0] for row in rows]


async def hold(unit: Unit, channel_id: int) -> tuple[int, int] | None:
    """Up to where a channel is indexed and where it ends, held until this unit ends; None while
    somebody else is at it.
    """
    fresh = insert(indexed).values(channel_id=channel_id, up_to=0)
    await unit.run(fresh.on_conflict_do_nothing())
    found = sa.select(indexed.c.up_to).where(indexed.c.channel_id == channel_id)
    held = await unit.one(found.with_for_update(skip_locked=True))
    if held is None:
        return None
    last = sa.select(heads.c.last_message_id).where(heads.c.channel_id == channel_id)
    return held.up_to, await unit.scalar(last) or 0


async def following(unit: Unit, channel_id: int, above: int, most: int) -> list[tuple[int, int]]:
    """The next messages and who wrote them; nobody deletes one until this unit ends."""
    asked = {"channel": channel_id, "above": above, "most": most}
    return [tuple(row) for row in await unit.all(sa.text(_NEXT).bindparams(**asked))]


async def add(
    unit: Unit,
    channel_id: int,
    *,
    scope: tuple[int, int],
    span: tuple[int, int],
    bots: Iterable[int],
) -> None:
    """Let a stretch of a channel be found. `scope`: in which guild or conversation, and by whoever
    sees which channel.
    """
    (scope_id, place_id), (above, up_to) = scope, span
    asked = {"channel": channel_id, "scope": scope_id, "place": place_id, "bots": list(bots)}
    if up_to > above:
        await unit.run(sa.text(_ADD).bindparams(**asked, above=above, up_to=up_to))


async def renew(unit: Unit, channel_id: int, message_id: int) -> None:
    """A message has changed: find it by what it says now, if it can be found already."""
    row = findable.c
    is_bots = sa.func.hashtextextended("by:bot", row.scope_id) == sa.any_(row.marks)
    known = await unit.one(
        sa.select(row.scope_id, row.place_id, is_bots.label("is_bots"), messages.c.author_id)
        .join(messages, (messages.c.channel_id == row.channel_id) & (messages.c.id == row.id))
        .where(row.channel_id == channel_id, row.id == message_id)
    )
    if known is not None:
        asked = {"channel": channel_id, "scope": known.scope_id, "place": known.place_id}
        bots = [known.author_id] if known.is_bots else []
        await unit.run(sa.text(_RENEW).bindparams(**asked, bots=bots, id=message_id))


async def settle(unit: Unit, channel_id: int, up_to: int) -> None:
    """All until here is indexed."""
    mine = indexed.c.channel_id == channel_id
    await unit.run(sa.update(indexed).where(mine).values(up_to=up_to))
