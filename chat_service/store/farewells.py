"""People whose accounts are gone, and what they have left here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.tables import (
    conversations,
    farewells,
    files,
    mentioned,
    mentions,
    messages,
    poll_votes,
    quiz_scores,
    reactions,
    read_states,
    recipients,
    visits,
)
from chat_service.tables.search import hidden_mentions, saved
from chat_service.tools import Unit

_THEIRS = (
    (read_states, read_states.c.user_id),
    (saved, saved.c.user_id),
    (hidden_mentions, hidden_mentions.c.user_id),
    (mentions, mentions.c.target_id),
    (mentioned, mentioned.c.target_id),
    (visits, visits.c.user_id),
)
"""What nobody else sees, or (visits) what organisers see and nobody needs any more."""
_UNCOUNTED = sa.text("""
WITH gone AS (DELETE FROM check_ins WHERE user_id = :user_id RETURNING channel_id, message_id)
UPDATE rolls AS r SET total = r.total - 1 FROM gone AS g
WHERE r.channel_id = g.channel_id AND r.message_id = g.message_id
""")


@dataclass(frozen=True, slots=True)
class Farewell:
    """Somebody who has gone; whether what they said goes as well, and up to where it did."""

    user_id: int
    with_messages: bool
    channel_id: int
    message_id: int


class Spoken(NamedTuple):
    """What somebody said in a channel, within what was looked through."""

    channel_id: int
    first_id: int
    last_id: int


async def begin(unit: Unit, user_id: int, due: datetime, *, with_messages: bool) -> None:
    """Somebody has gone; once, however often it is told."""
    fresh = insert(farewells).values(
        user_id=user_id, with_messages=with_messages, due=due, channel_id=0, message_id=0
    )
    await unit.run(fresh.on_conflict_do_nothing())


async def claim(unit: Unit, hold: timedelta) -> Farewell | None:
    """One that is due, kept from every other process for a while."""
    due = (
        sa.select(farewells.c.user_id)
        .where(farewells.c.due <= unit.now)
        .order_by(farewells.c.due)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    held = sa.update(farewells).where(farewells.c.user_id == due).values(due=unit.now + hold)
    columns = (farewells.c[name] for name in Farewell.__dataclass_fields__)
    row = await unit.one(held.returning(*columns))
    return Farewell(*tuple(row)) if row else None


async def go_on(unit: Unit, user_id: int, **place: int) -> None:
    """Another batch was done, and the next one can be."""
    mine = sa.update(farewells).where(farewells.c.user_id == user_id)
    await unit.run(mine.values(due=unit.now, **place))


async def end(unit: Unit, user_id: int) -> None:
    """Nothing of them is left."""
    await unit.run(sa.delete(farewells).where(farewells.c.user_id == user_id))


async def forget_theirs(unit: Unit, user_id: int, most: int) -> int:
    """Delete some of what only they saw; how much. Files that wait for a message are due."""
    waiting = (files.c.author_id == user_id, files.c.holder_id.is_(None), files.c.due > unit.now)
    gone = await unit.run(sa.update(files).where(*waiting).values(due=unit.now))
    for table, whose in _THEIRS:
        keys = tuple(table.primary_key.columns)
        some = sa.select(*keys).where(whose == user_id).limit(most)
        gone += await unit.run(sa.delete(table).where(sa.tuple_(*keys).in_(some)))
    return gone


async def groups(unit: Unit, user_id: int, most: int) -> list[int]:
    """Some conversations of more than two that they are still in."""
    found = (
        sa.select(recipients.c.channel_id)
        .join(conversations, conversations.c.id == recipients.c.channel_id)
        .where(recipients.c.user_id == user_id, conversations.c.low_id.is_(None))
    )
    return [row.channel_id for row in await unit.all(found.limit(most))]


async def reacted(unit: Unit, user_id: int, most: int) -> list[tuple[int, int]]:
    """Some messages (channel, id) under which they reacted."""
    return await _under(unit, reactions, user_id, most)


async def voted(unit: Unit, user_id: int, most: int) -> list[tuple[int, int]]:
    """Some polls (channel, message) in which they voted."""
    return await _under(unit, poll_votes, user_id, most)


async def forget_attendance(unit: Unit, user_id: int) -> int:
    """They were nowhere, and answered no quiz."""
    gone = await unit.run(_UNCOUNTED.bindparams(user_id=user_id))
    return gone + await unit.run(sa.delete(quiz_scores).where(quiz_scores.c.user_id == user_id))


async def spoken(
    unit: Unit, farewell: Farewell, most: int
) -> tuple[list[Spoken], tuple[int, int] | None]:
    """Where they wrote among the next so many messages of everybody, and where those end (None:
    there are no more). No index leads from people to messages: sending would pay for it.
    """
    place = sa.tuple_(messages.c.channel_id, messages.c.id)
    after = sa.tuple_(
        sa.literal(farewell.channel_id, sa.BigInteger),
        sa.literal(farewell.message_id, sa.BigInteger),
    )
    window = (
        sa.select(messages.c.channel_id, messages.c.id, messages.c.author_id)
        .where(place > after)
        .order_by(messages.c.channel_id, messages.c.id)
        .limit(most)
        .subquery()
    )
    keys = (window.c.channel_id, window.c.id)
    last = await unit.one(sa.select(*keys).order_by(*(key.desc() for key in keys)).limit(1))
    if last is None:
        return [], None
    mine = (
        sa.select(keys[0], sa.func.min(keys[1]), sa.func.max(keys[1]))
        .where(window.c.author_id == farewell.user_id)
        .group_by(keys[0])
    )
    return [Spoken(*tuple(row)) for row in await unit.all(mine)], (last.channel_id, last.id)


async def _under(unit: Unit, table: sa.Table, user_id: int, most: int) -> list[tuple[int, int]]:
    found: sa.Select[Any] = sa.select(table.c.channel_id, table.c.message_id).distinct()
    rows = await unit.all(found.where(table.c.user_id == user_id).limit(most))
    return [(row.channel_id, row.message_id) for row in rows]
