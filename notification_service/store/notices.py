"""Notices: written for many people in one statement, joined until they are pushed, gone when read.
Rows are written in one order, so that no two processes wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, delete, func, select, text, update

from chassis.sql import among
from contracts.ids import UserId
from notification_service.domain.deciding import Reason
from notification_service.domain.devices import Provider
from notification_service.domain.notices import Entry, Notice, Pace, Unread, of_channel
from notification_service.tables import notices
from notification_service.tools import Unit

_PUT = text("""
WITH one AS (
  SELECT * FROM unnest(
    CAST(:user_ids AS bigint[]), CAST(:at AS int[]), CAST(:reasons AS text[]),
    CAST(:counts AS int[]), CAST(:fresh AS int[]), CAST(:web_only AS boolean[]),
    CAST(:waits AS float8[]), CAST(:line_ids AS bigint[])
  ) AS one (user_id, at, reason, count, fresh, is_web_only, wait, line_id)
), news AS (
  SELECT * FROM unnest(
    CAST(:subjects AS text[]), CAST(:guild_ids AS bigint[]), CAST(:channel_ids AS bigint[]),
    CAST(:about_ids AS bigint[]), CAST(:bodies AS jsonb[]), CAST(:expiries AS timestamptz[])
  ) WITH ORDINALITY AS news (subject, guild_id, channel_id, about_id, body, expires, at)
), remembered AS (
  INSERT INTO history (
    id, user_id, reason, subject, about_id, guild_id, channel_id, body, created, is_read
  )
  SELECT one.line_id, one.user_id, one.reason, news.subject, news.about_id, news.guild_id,
    news.channel_id, news.body, :now, false
  FROM one JOIN news ON news.at = one.at
  WHERE one.line_id IS NOT NULL
  ON CONFLICT ON CONSTRAINT history_once DO NOTHING
)
INSERT INTO notices AS kept (
  user_id, subject, reason, guild_id, channel_id, about_id, fresh, unread, is_web_only, body,
  due, expires, changed
)
SELECT one.user_id, news.subject, one.reason, news.guild_id, news.channel_id, news.about_id,
  one.fresh, one.count, one.is_web_only, news.body,
  CAST(:now AS timestamptz) + one.wait * interval '1 second', news.expires, :now
FROM one JOIN news ON news.at = one.at
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
    """Write all of them, and what of them is worth being looked up later, in one statement. What
    was taken in before changes nothing.
    """
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
            "line_ids": [unit.new_id() if entry.reason.is_kept else None for entry in entries],
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


_RECOUNT = text("""
WITH server AS (
  SELECT * FROM unnest(
    CAST(:subjects AS text[]), CAST(:guild_ids AS bigint[]), CAST(:channel_ids AS bigint[]),
    CAST(:counts AS int[]), CAST(:read_to AS bigint[])
  ) AS server (subject, guild_id, channel_id, count, read_to)
), less AS (
  UPDATE notices SET unread = 0, fresh = 0, due = NULL, changed = :now
  WHERE user_id = :user_id AND unread > 0 AND reason = ANY(CAST(:personal AS text[]))
    AND subject LIKE 'c%' AND subject NOT IN (SELECT subject FROM server)
)
INSERT INTO notices AS kept (
  user_id, subject, reason, guild_id, channel_id, about_id, fresh, unread, is_web_only, body,
  expires, changed
)
SELECT :user_id, subject, :mention, guild_id, channel_id, read_to, 0, count, false, '{}', :now, :now
FROM server
ON CONFLICT (user_id, subject) DO UPDATE SET
  unread = excluded.unread,
  reason = CASE WHEN kept.reason = ANY(CAST(:personal AS text[]))
    THEN kept.reason ELSE excluded.reason END,
  changed = excluded.changed
WHERE kept.unread <> excluded.unread OR kept.reason <> ALL(CAST(:personal AS text[]))
""")


async def recount(unit: Unit, user_id: int, unread: Sequence[Unread]) -> None:
    """Let this be all messages that somebody has not read and that concern them in person. Nothing
    of it is pushed that was not about to be.
    """
    values = {
        "now": unit.now,
        "user_id": user_id,
        "mention": str(Reason.MENTION),
        "personal": [str(reason) for reason in Reason if reason.is_personal],
        "subjects": [of_channel(one.channel_id) for one in unread],
        "guild_ids": [one.guild_id for one in unread],
        "channel_ids": [one.channel_id for one in unread],
        "counts": [one.count for one in unread],
        "read_to": [one.read_to for one in unread],
    }
    await unit.connection.execute(_RECOUNT, values)


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


_ADDRESS = text("""
WITH due AS (
  SELECT user_id, subject FROM notices WHERE due <= :now
  ORDER BY due LIMIT :limit FOR UPDATE SKIP LOCKED
), told AS (
  UPDATE notices SET due = NULL, told = :now FROM due
  WHERE notices.user_id = due.user_id AND notices.subject = due.subject
  RETURNING notices.*
), badges AS (
  SELECT user_id, sum(unread) AS total FROM notices
  WHERE user_id IN (SELECT user_id FROM due) AND reason = ANY(CAST(:personal AS text[]))
  GROUP BY user_id
), made AS (
  INSERT INTO deliveries (
    id, device_id, user_id, subject, about_id, provider, push, is_urgent, tries, due, expires
  )
  SELECT nextval('deliveries_number'), devices.id, told.user_id, told.subject, told.about_id,
    devices.provider,
    jsonb_build_object(
      'reason', told.reason, 'subject', told.subject, 'about_id', told.about_id,
      'fresh', told.fresh, 'body', told.body, 'guild_id', told.guild_id,
      'channel_id', told.channel_id, 'badge', coalesce(badges.total, 0),
      'locale', people.locale, 'hides_content', people.hides_content
    ),
    told.reason = ANY(CAST(:pressing AS text[])), 0, :now, told.expires
  FROM told
  JOIN people ON people.user_id = told.user_id
  JOIN devices ON devices.user_id = told.user_id
  LEFT JOIN badges ON badges.user_id = told.user_id
  WHERE told.expires > :now AND devices.provider = ANY(CAST(:served AS text[]))
    AND (devices.platform = 'web' OR NOT told.is_web_only)
    -- A token of PushKit is for calls alone, and who has one needs no other push to ring.
    AND (devices.provider <> :calls_only OR told.reason = :ring)
    AND NOT (
      told.reason = :ring AND devices.provider <> :calls_only AND devices.platform = 'ios'
      AND EXISTS (
        SELECT FROM devices AS other WHERE other.user_id = devices.user_id
          AND other.login_id = devices.login_id AND other.provider = :calls_only
          AND other.provider = ANY(CAST(:served AS text[]))
      )
    )
  RETURNING id
)
SELECT (SELECT count(*) FROM told) AS notices, (SELECT count(*) FROM made) AS pushes
""")


async def address(unit: Unit, limit: int, served: Collection[Provider]) -> int:
    """Those that are due count as told from now on, and a push of each is on its way to every
    device of its owner. One statement; how many notices. The words are found when a push goes.
    """
    row = await unit.one(
        _ADDRESS.bindparams(
            now=unit.now,
            limit=limit,
            personal=[str(reason) for reason in Reason if reason.is_personal],
            pressing=[str(reason) for reason in Reason if reason.is_pressing],
            served=[provider.value for provider in served],
            calls_only=Provider.APNS.value,
            ring=str(Reason.RING),
        )
    )
    assert row is not None
    return int(row.notices)


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
        subject=row.subject,
        reason=Reason(row.reason),
        about_id=row.about_id,
        fresh=row.fresh,
        body=row.body,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
    )
