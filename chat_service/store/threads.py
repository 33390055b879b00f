"""Threads. Whoever changes one holds its head first, like everybody who sends into it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from chat_service.domain.threads import Thread, Wanted
from chat_service.tables import heads, threads
from chat_service.tools import Unit
from contracts.objects.channel import ChannelType
from contracts.objects.thread import ThreadFlag

if TYPE_CHECKING:
    from chat_service.store.messages import Connection

_NAMES = tuple(name for name in Thread.__dataclass_fields__ if name != "last_message_id")
_CHANGEABLE = (
    *("name", "is_archived", "changed", "due", "archive_after", "is_locked", "is_invitable"),
    *("slowmode", "flags", "tags", "accepted_id"),
)
_GRACE = timedelta(minutes=1)
_MINUTE = sa.text("interval '1 minute'")
_COLUMNS = [threads.c[name] for name in _NAMES]
_SELECT = "SELECT {}, h.last_message_id".format(", ".join(f"t.{name}" for name in _NAMES))
_FROM = " FROM threads t LEFT JOIN heads h ON h.channel_id = t.id "
_PEOPLE = (
    ", CASE WHEN t.type = 12 THEN "
    "ARRAY(SELECT user_id FROM thread_members m WHERE m.thread_id = t.id) END"
)
_SEAT = (
    _SELECT  # noqa: S608 - constants only
    + ", EXISTS (SELECT 1 FROM thread_members m WHERE m.thread_id = t.id AND m.user_id = $2)"
    + _PEOPLE
    + _FROM
    + "WHERE t.id = $1"
)
_SOME = _SELECT + _FROM + "WHERE t.id = ANY($1::bigint[])"
_ACTIVE = (
    _SELECT
    + _PEOPLE
    + _FROM
    + "WHERE t.guild_id = ANY($1::bigint[]) AND NOT t.is_archived ORDER BY t.id"
)
_ARCHIVED_OPEN = (
    _SELECT
    + _FROM
    + """
WHERE t.is_archived AND t.type <> 12 AND t.parent_id = $1
  AND ($2::timestamptz IS NULL OR t.changed < $2)
ORDER BY t.changed DESC, t.id DESC LIMIT $3
"""
)
_ARCHIVED_CLOSED = _ARCHIVED_OPEN.replace("<> 12", "= 12")
_JOINED = (
    _SELECT
    + _FROM
    + """
JOIN thread_members m ON m.thread_id = t.id AND m.user_id = $2
WHERE t.is_archived AND t.parent_id = $1 AND t.type = 12 AND t.id < $3
ORDER BY t.id DESC LIMIT $4
"""
)
# A minute sooner or later is nothing to a thread, and a row whose indexed columns stay is cheaper.
_TALLY = """
UPDATE threads t SET message_count = message_count + i.many, total_sent = total_sent + i.many,
  due = CASE WHEN i.at + make_interval(mins => archive_after) > due + interval '1 minute'
    THEN i.at + make_interval(mins => archive_after) ELSE due END
FROM unnest($1::bigint[], $2::int[], $3::timestamptz[]) AS i(id, many, at) WHERE t.id = i.id
RETURNING t.id
"""
_TOO_LATE = """
INSERT INTO removals (channel_id, from_id, below_id)
SELECT channel_id, id, id + 1 FROM unnest($1::bigint[], $2::bigint[]) AS m(channel_id, id)
"""


class Seat(NamedTuple):
    """A thread as one person comes to it."""

    thread: Thread
    is_member: bool
    people: tuple[int, ...] | None
    """Everybody in it, if it is private."""


async def seat(pool: Any, thread_id: int, user_id: int) -> Seat | None:
    """A thread by id, and whether somebody is in it."""
    row = await pool.fetchrow(_SEAT, thread_id, user_id)
    if row is None:
        return None
    *values, is_member, people = row
    return Seat(_read(values), is_member, None if people is None else tuple(people))


async def some(pool: Any, ids: Collection[int]) -> dict[int, Thread]:
    """Those of these that there are."""
    rows = await pool.fetch(_SOME, list(ids))
    return {row["id"]: _read(row) for row in rows}


async def active(pool: Any, guild_ids: Sequence[int]) -> list[Seat]:
    """What is not archived in these guilds; of private ones with everybody in them."""
    rows = await pool.fetch(_ACTIVE, list(guild_ids))
    return [
        Seat(_read(values), False, None if people is None else tuple(people))
        for *values, people in rows
    ]


async def archived(
    pool: Any, parent_id: int, before: datetime | None, limit: int, *, is_private: bool
) -> list[Thread]:
    """What is archived in a channel, private or not, latest first."""
    statement = _ARCHIVED_CLOSED if is_private else _ARCHIVED_OPEN
    return [_read(row) for row in await pool.fetch(statement, parent_id, before, limit)]


async def archived_joined(
    pool: Any, parent_id: int, user_id: int, below_id: int, limit: int
) -> list[Thread]:
    """Private ones among them that somebody is in, youngest first."""
    return [_read(row) for row in await pool.fetch(_JOINED, parent_id, user_id, below_id, limit)]


async def tally(connection: Connection, sent: Mapping[int, Sequence[tuple[int, datetime]]]) -> None:
    """Messages were stored, by thread: ids and when. Those of a thread that was deleted in this
    very moment go as well.
    """
    ids = sorted(sent)
    many, at = [len(sent[one]) for one in ids], [sent[one][-1][1] for one in ids]
    there = {row["id"] for row in await connection.fetch(_TALLY, ids, many, at)}
    if late := [(one, number) for one in ids if one not in there for number, _ in sent[one]]:
        await connection.execute(_TOO_LATE, *zip(*late, strict=True))


async def count(unit: Unit, thread_id: int, *, stored: int = 0, removed: int = 0) -> None:
    """The same within a unit, where messages may also have gone."""
    values: dict[str, Any] = {
        "message_count": sa.func.greatest(threads.c.message_count + stored - removed, 0),
        "total_sent": threads.c.total_sent + stored,
    }
    if stored:
        values["due"] = sa.func.greatest(
            threads.c.due, unit.now + _MINUTE * threads.c.archive_after
        )
    await unit.run(sa.update(threads).where(threads.c.id == thread_id).values(values))


async def hold(unit: Unit, thread_id: int) -> Thread | None:
    """A thread that nobody changes or sends into until this unit ends."""
    head = sa.select(heads.c.last_message_id).where(heads.c.channel_id == thread_id)
    last = await unit.scalar(head.with_for_update())
    row = await unit.one(sa.select(*_COLUMNS).where(threads.c.id == thread_id).with_for_update())
    return None if row is None else _read((*row, last))


async def fresh(unit: Unit, thread_id: int) -> Thread | None:
    """A thread as this unit has made it."""
    row = await unit.one(
        sa.select(*_COLUMNS, heads.c.last_message_id)
        .select_from(threads.outerjoin(heads, heads.c.channel_id == threads.c.id))
        .where(threads.c.id == thread_id)
    )
    return None if row is None else _read(row)


async def add(unit: Unit, thread: Thread) -> None:
    """A new one."""
    await unit.run(sa.insert(threads).values({n: getattr(thread, n) for n in _NAMES}))


async def begin(unit: Unit, thread_id: int) -> None:
    """Ids are handed out from its own on: the first message of a post bears that."""
    new = insert(heads).values(channel_id=thread_id, last_message_id=thread_id)
    await unit.run(new.on_conflict_do_nothing())


async def change(unit: Unit, thread: Thread) -> None:
    """All that can be changed of it, but for what is counted."""
    values = {name: getattr(thread, name) for name in _CHANGEABLE}
    await unit.run(sa.update(threads).where(threads.c.id == thread.id).values(values))


async def remove(unit: Unit, thread_ids: Collection[int]) -> None:
    """Forget threads; what was said in them goes by the removals."""
    await unit.run(sa.delete(threads).where(among(threads.c.id, thread_ids)))


async def hanging(unit: Unit, parent_id: int, limit: int) -> list[int]:
    """Some threads of a channel."""
    found = sa.select(threads.c.id).where(threads.c.parent_id == parent_id).limit(limit)
    return [row.id for row in await unit.all(found)]


async def count_active(unit: Unit, guild_id: int) -> int:
    """How many of a guild are not archived."""
    found = sa.select(sa.func.count()).where(threads.c.guild_id == guild_id, ~threads.c.is_archived)
    return int(await unit.scalar(found))


async def count_pinned(unit: Unit, parent_id: int, flag: int) -> int:
    """How many of a forum stand at its top."""
    found = sa.select(sa.func.count()).where(
        threads.c.parent_id == parent_id,
        ~threads.c.is_archived,
        threads.c.flags.bitwise_and(flag) != 0,
    )
    return int(await unit.scalar(found))


async def overdue(unit: Unit, limit: int, pinned: int) -> list[Thread]:
    """Some that should sleep, held; those that somebody else works on are passed over. What stands
    at the top of a forum stays awake.
    """
    found = (
        sa.select(*_COLUMNS)
        .where(~threads.c.is_archived, threads.c.due <= unit.now - _GRACE)
        .where(threads.c.flags.bitwise_and(pinned) == 0)
        .order_by(threads.c.due)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await unit.all(found)
    last = sa.select(heads.c.channel_id, heads.c.last_message_id)
    newest = {
        row.channel_id: row.last_message_id
        for row in await unit.all(last.where(among(heads.c.channel_id, [row.id for row in rows])))
    }
    return [_read((*row, newest.get(row.id))) for row in rows]


async def archive(unit: Unit, thread_ids: Collection[int]) -> None:
    """They sleep from now on."""
    await unit.run(
        sa.update(threads)
        .where(among(threads.c.id, thread_ids))
        .values(is_archived=True, changed=unit.now)
    )


async def talked_in(unit: Unit, guild_id: int, since_id: int, limit: int) -> list[Thread]:
    """Threads of a guild in which something was said since."""
    found = (
        sa.select(*_COLUMNS, heads.c.last_message_id)
        .join(heads, heads.c.channel_id == threads.c.id)
        .where(threads.c.guild_id == guild_id, heads.c.last_message_id >= since_id)
        .order_by(threads.c.id.desc())
        .limit(limit)
    )
    return [_read(row) for row in await unit.all(found)]


async def find(unit: Unit, parent_id: int, wanted: Wanted) -> tuple[int, list[Thread]]:
    """How many public threads of a channel are meant, and a page of them."""
    where = [
        threads.c.parent_id == parent_id,
        threads.c.type != ChannelType.PRIVATE_THREAD,
        threads.c.id.between(wanted.min_id, wanted.max_id),
    ]
    if wanted.name:
        where.append(threads.c.name.icontains(wanted.name, autoescape=True))
    if wanted.is_archived is not None:
        where.append(threads.c.is_archived == wanted.is_archived)
    if wanted.tags:
        tags = list(wanted.tags)
        some = threads.c.tags.contains if wanted.all_tags else threads.c.tags.overlap
        where.append(some(tags))
    last = sa.func.coalesce(heads.c.last_message_id, threads.c.id)
    by = {"creation_time": threads.c.id, "archive_time": threads.c.changed}.get(wanted.sort, last)
    pinned = threads.c.flags.bitwise_and(int(ThreadFlag.PINNED)).desc()
    found = (
        sa.select(*_COLUMNS, heads.c.last_message_id, sa.func.count().over())
        .select_from(threads.outerjoin(heads, heads.c.channel_id == threads.c.id))
        .where(*where)
        .order_by(pinned, by.desc() if wanted.descending else by, threads.c.id)
        .limit(wanted.limit)
        .offset(wanted.offset)
    )
    rows = await unit.all(found)
    return (rows[0][-1] if rows else 0), [_read(row[:-1]) for row in rows]


def _read(row: Sequence[Any]) -> Thread:
    values = dict(zip((*_NAMES, "last_message_id"), row, strict=False))
    values["type"] = ChannelType(values["type"])
    values["tags"] = tuple(values["tags"])
    return Thread(**values)
