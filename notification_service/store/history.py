"""What people were notified of. It is written with the notices (notices.py)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, text, update

from chassis.sql import among
from notification_service.domain.deciding import Reason
from notification_service.domain.history import Remembered
from notification_service.tables import history
from notification_service.tools import Unit


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
