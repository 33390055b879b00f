"""What people were notified of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, delete, select, text, update

from notification_service.domain.deciding import Reason
from notification_service.domain.history import Remembered
from notification_service.domain.notices import Entry
from notification_service.store.among import among
from notification_service.tables import history
from notification_service.tools import Unit

_PUT = text("""
INSERT INTO history (
  id, user_id, reason, subject, about_id, guild_id, channel_id, body, created, is_read
)
SELECT one.id, one.user_id, one.reason, news.subject, news.about_id, news.guild_id,
  news.channel_id, news.body, :now, false
FROM unnest(
  CAST(:ids AS bigint[]), CAST(:user_ids AS bigint[]), CAST(:at AS int[]), CAST(:reasons AS text[])
) AS one (id, user_id, at, reason)
JOIN unnest(
  CAST(:subjects AS text[]), CAST(:guild_ids AS bigint[]), CAST(:channel_ids AS bigint[]),
  CAST(:about_ids AS bigint[]), CAST(:bodies AS jsonb[])
) WITH ORDINALITY AS news (subject, guild_id, channel_id, about_id, body, at) ON news.at = one.at
ON CONFLICT ON CONSTRAINT history_once DO NOTHING
""")


async def put(unit: Unit, entries: Sequence[Entry]) -> None:
    """Write what is worth being looked up later."""
    kept = [entry for entry in entries if entry.reason.is_kept]
    if not kept:
        return
    news = list({id(entry.news): entry.news for entry in kept}.values())
    at = {id(one): number for number, one in enumerate(news, 1)}
    await unit.connection.execute(
        _PUT,
        {
            "now": unit.now,
            "ids": [unit.new_id() for _ in kept],
            "user_ids": [entry.user_id for entry in kept],
            "at": [at[id(entry.news)] for entry in kept],
            "reasons": [str(entry.reason) for entry in kept],
            "subjects": [one.subject for one in news],
            "guild_ids": [one.guild_id for one in news],
            "channel_ids": [one.channel_id for one in news],
            "about_ids": [one.about_id for one in news],
            "bodies": [orjson.dumps(one.body).decode() for one in news],
        },
    )


async def page(unit: Unit, user_id: int, before: int | None, limit: int) -> list[Remembered]:
    """The newest first."""
    mine = select(history).where(history.c.user_id == user_id)
    if before is not None:
        mine = mine.where(history.c.id < before)
    rows = await unit.all(mine.order_by(history.c.id.desc()).limit(limit))
    return [_remembered(row) for row in rows]


async def mark_read(unit: Unit, user_id: int, until: int) -> None:
    """Up to this line."""
    mine = (history.c.user_id == user_id, history.c.id <= until, ~history.c.is_read)
    await unit.run(update(history).where(*mine).values(is_read=True))


async def mark_subjects_read(unit: Unit, marks: Sequence[tuple[int, str, int]]) -> None:
    """What was read where it was said needs no mark here."""
    values = {
        "user_ids": [user_id for user_id, _, _ in marks],
        "subjects": [subject for _, subject, _ in marks],
        "until": [until for _, _, until in marks],
    }
    await unit.connection.execute(_MARK, values)


_MARK = text("""
UPDATE history SET is_read = true
FROM unnest(CAST(:user_ids AS bigint[]), CAST(:subjects AS text[]), CAST(:until AS bigint[]))
  AS read (user_id, subject, until)
WHERE history.user_id = read.user_id AND history.subject = read.subject
  AND history.about_id <= read.until AND NOT history.is_read
""")


async def remove(unit: Unit, user_id: int, entry_id: int) -> bool:
    """Whether it was this person's."""
    mine = (history.c.user_id == user_id, history.c.id == entry_id)
    return await unit.run(delete(history).where(*mine)) > 0


async def unsay(unit: Unit, subject: str, about_ids: Collection[int]) -> None:
    """What is no more leaves no words here."""
    gone = (history.c.subject == subject, among(history.c.about_id, about_ids))
    await unit.run(delete(history).where(*gone))


async def purge(unit: Unit, before: datetime, limit: int) -> int:
    """Forget what is long ago."""
    old = select(history.c.id).where(history.c.created < before).limit(limit)
    return await unit.run(delete(history).where(history.c.id.in_(old)))


def _remembered(row: Row[Any]) -> Remembered:
    return Remembered(
        id=row.id,
        reason=Reason(row.reason),
        subject=row.subject,
        about_id=row.about_id,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        body=row.body,
        created=row.created,
        is_read=row.is_read,
    )
