"""Notices: written for many people in one statement, joined until they are pushed, gone when read.
Rows are written in one order, so that no two processes wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row, delete, func, select, text, update

from contracts.ids import UserId
from notification_service.domain.deciding import Reason
from notification_service.domain.notices import Entry, Notice, Pace
from notification_service.store.among import among
from notification_service.tables import notices
from notification_service.tools import Unit

_PUT = text("""
INSERT INTO notices AS kept (
  user_id, subject, reason, guild_id, channel_id, about_id, fresh, unread, is_web_only, body,
  due, expires, changed
)
SELECT one.user_id, news.subject, one.reason, news.guild_id, news.channel_id, news.about_id,
  one.fresh, one.count, one.is_web_only, news.body,
  CAST(:now AS timestamptz) + one.wait * interval '1 second', news.expires, :now
FROM unnest(
  CAST(:user_ids AS bigint[]), CAST(:at AS int[]), CAST(:reasons AS text[]),
  CAST(:counts AS int[]), CAST(:fresh AS int[]), CAST(:web_only AS boolean[]),
  CAST(:waits AS float8[])
) AS one (user_id, at, reason, count, fresh, is_web_only, wait)
JOIN unnest(
  CAST(:subjects AS text[]), CAST(:guild_ids AS bigint[]), CAST(:channel_ids AS bigint[]),
  CAST(:about_ids AS bigint[]), CAST(:bodies AS jsonb[]), CAST(:expiries AS timestamptz[])
) WITH ORDINALITY AS news (subject, guild_id, channel_id, about_id, body, expires, at)
ON news.at = one.at
ORDER BY one.user_id, news.subject
ON CONFLICT (user_id, subject) DO UPDATE SET
  reason = CASE WHEN kept.unread > 0 AND kept.due IS NOT NULL
    AND array_position(CAST(:ranks AS text[]), kept.reason)
      < array_position(CAST(:ranks AS text[]), excluded.reason)
    THEN kept.reason ELSE excluded.reason END,
  about_id = excluded.about_id,
  fresh = CASE WHEN kept.due IS NULL THEN 0 ELSE kept.fresh END + excluded.fresh,
  unread = kept.unread + excluded.unread,
  is_web_only = excluded.is_web_only,
  body = excluded.body,
  due = LEAST(
    kept.due,
    GREATEST(excluded.due, kept.told + CAST(:window AS float8) * interval '1 second')
  ),
  expires = excluded.expires,
  changed = excluded.changed
WHERE kept.about_id < excluded.about_id
""")

_READ = text("""
UPDATE notices SET fresh = 0, unread = 0, due = NULL, body = '{}', changed = :now
FROM unnest(CAST(:user_ids AS bigint[]), CAST(:subjects AS text[]), CAST(:until AS bigint[]))
  AS read (user_id, subject, until)
WHERE notices.user_id = read.user_id AND notices.subject = read.subject
  AND notices.about_id <= read.until AND notices.unread > 0
RETURNING notices.user_id, notices.subject, notices.about_id, notices.told
""")


async def put(unit: Unit, entries: Sequence[Entry], pace: Pace) -> None:
    """Write all of them. What was taken in before changes nothing."""
    news = list({id(entry.news): entry.news for entry in entries}.values())
    at = {id(one): number for number, one in enumerate(news, 1)}
    waits = [pace.wait(entry.way, entry.reason) for entry in entries]
    await unit.connection.execute(
        _PUT,
        {
            "now": unit.now,
            "window": pace.window.total_seconds(),
            "ranks": [str(reason) for reason in Reason],
            "user_ids": [entry.user_id for entry in entries],
            "at": [at[id(entry.news)] for entry in entries],
            "reasons": [str(entry.reason) for entry in entries],
            "counts": [entry.count for entry in entries],
            "fresh": [entry.fresh for entry in entries],
            "web_only": [entry.is_web_only for entry in entries],
            "waits": [None if wait is None else wait.total_seconds() for wait in waits],
            "subjects": [one.subject for one in news],
            "guild_ids": [one.guild_id for one in news],
            "channel_ids": [one.channel_id for one in news],
            "about_ids": [one.about_id for one in news],
            "bodies": [orjson.dumps(one.body).decode() for one in news],
            "expiries": [one.expires for one in news],
        },
    )


async def read(
    unit: Unit, marks: Sequence[tuple[int, str, int]]
) -> list[tuple[UserId, str, int, datetime | None]]:
    """These people have read these subjects so far. Of what was unread: person, subject, the newest
    of it, and when it was pushed last.
    """
    values = {
        "now": unit.now,
        "user_ids": [user_id for user_id, _, _ in marks],
        "subjects": [subject for _, subject, _ in marks],
        "until": [until for _, _, until in marks],
    }
    rows = await unit.connection.execute(_READ, values)
    return [(UserId(row.user_id), row.subject, row.about_id, row.told) for row in rows]


async def unsay(unit: Unit, subject: str, about_ids: Collection[int]) -> None:
    """What is no more is not pushed: its words go, and with the last of it the push."""
    waiting = (
        notices.c.subject == subject,
        among(notices.c.about_id, about_ids),
        notices.c.due.is_not(None),
    )
    left = func.greatest(notices.c.fresh - 1, 0)
    silent = update(notices).where(*waiting, notices.c.fresh <= 1).values(due=None, fresh=0)
    await unit.run(silent.values(body={}, unread=func.greatest(notices.c.unread - 1, 0)))
    await unit.run(update(notices).where(*waiting).values(fresh=left, body=_without_words()))


async def claim(unit: Unit, limit: int) -> list[Notice]:
    """Those that are due, which from now on count as told."""
    due = (
        select(notices.c.user_id, notices.c.subject)
        .where(notices.c.due <= unit.now)
        .order_by(notices.c.due)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(notices)
        .where(notices.c.user_id == due.c.user_id, notices.c.subject == due.c.subject)
        .values(due=None, told=unit.now)
        .returning(notices)
    )
    return [_notice(row) for row in await unit.all(statement)]


async def badges(unit: Unit, user_ids: Collection[int]) -> dict[int, int]:
    """How many unread things concern each of these in person."""
    personal = [str(reason) for reason in Reason if reason.is_personal]
    total = func.sum(notices.c.unread).label("total")
    statement = (
        select(notices.c.user_id, total)
        .where(among(notices.c.user_id, user_ids), notices.c.reason.in_(personal))
        .group_by(notices.c.user_id)
    )
    return {row.user_id: int(row.total) for row in await unit.all(statement)}


async def unread(unit: Unit, user_id: int, limit: int) -> list[tuple[Notice, int]]:
    """What somebody has not read, the newest first, and how much of it."""
    mine = select(notices).where(notices.c.user_id == user_id, notices.c.unread > 0)
    rows = await unit.all(mine.order_by(notices.c.changed.desc()).limit(limit))
    return [(_notice(row), int(row.unread)) for row in rows]


async def waiting(unit: Unit) -> int:
    """How many wait to be pushed."""
    return int(await unit.scalar(select(func.count()).where(notices.c.due.is_not(None))))


async def purge(unit: Unit, before: datetime, limit: int) -> int:
    """Forget what has not changed for long."""
    old = (
        select(notices.c.user_id, notices.c.subject)
        .where(notices.c.changed < before)
        .limit(limit)
        .cte("old")
    )
    return await unit.run(
        delete(notices).where(
            notices.c.user_id == old.c.user_id, notices.c.subject == old.c.subject
        )
    )


def _without_words() -> Any:
    return notices.c.body.op("||")(func.jsonb_build_object("text", "", "image", None))


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        user_id=row.user_id,
        subject=row.subject,
        reason=Reason(row.reason),
        about_id=row.about_id,
        fresh=row.fresh,
        body=row.body,
        expires=row.expires,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        is_web_only=row.is_web_only,
    )


GRAIN = timedelta(minutes=10)
"""How exactly it is known when somebody was active."""
