"""Votes, how many there are for each answer, and who has done how well in quizzes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.domain.polls import Ballot, Tally
from chat_service.store.messages import Message
from chat_service.tables import poll_counts, poll_votes, polls, quiz_scores
from chat_service.tools import Unit

_COUNTS = """
SELECT c.message_id, c.answer_id, c.total, v.user_id IS NOT NULL
FROM poll_counts c LEFT JOIN poll_votes v ON v.channel_id = c.channel_id
  AND v.message_id = c.message_id AND v.answer_id = c.answer_id AND v.user_id = $3
WHERE (c.channel_id, c.message_id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))
"""
_WHO = """
SELECT user_id FROM poll_votes
WHERE channel_id = $1 AND message_id = $2 AND answer_id = $3 AND user_id > $4
ORDER BY user_id LIMIT $5
"""
_DUE = "SELECT channel_id, message_id FROM polls WHERE closes <= $1 ORDER BY closes LIMIT $2"
# Of a quiz with several right answers all of them have to be chosen, and no other.
_SCORED = sa.text("""
INSERT INTO quiz_scores AS s (channel_id, user_id, answered, "right")
SELECT :channel_id, user_id, 1, CASE
    WHEN :is_multiple THEN array_agg(answer_id ORDER BY answer_id) = :right_ids
    ELSE bool_and(answer_id = ANY(:right_ids)) END::int
FROM poll_votes WHERE channel_id = :channel_id AND message_id = :message_id
GROUP BY user_id ORDER BY user_id
ON CONFLICT (channel_id, user_id) DO UPDATE
SET answered = s.answered + 1, "right" = s."right" + excluded."right"
""").bindparams(sa.bindparam("right_ids", type_=sa.ARRAY(sa.SmallInteger)))
_BEST = """
SELECT rank() OVER (ORDER BY "right" DESC), user_id, "right", answered FROM quiz_scores
WHERE channel_id = $1 AND user_id <> 0 ORDER BY "right" DESC, answered, user_id LIMIT $2
"""
_EVERYBODY = 0
"""Stands for the channel itself: how many quizzes there were."""


class Scored(NamedTuple):
    """How somebody has done."""

    rank: int
    user_id: int
    right: int
    answered: int


async def begin(unit: Unit, message: Message, ballot: Ballot) -> None:
    """From now on votes are taken, until the clock says that it is over."""
    await unit.run(sa.insert(polls).values(**_key(message), closes=ballot.closes))


async def tallies(pool: Any, found: Sequence[Message], reader_id: int) -> dict[int, Tally]:
    """The counts of these polls. One without a vote has none."""
    channels = [message.channel_id for message in found]
    totals: dict[int, dict[int, int]] = {}
    mine: dict[int, set[int]] = {}
    for message_id, answer_id, total, is_mine in await pool.fetch(
        _COUNTS, channels, [message.id for message in found], reader_id
    ):
        totals.setdefault(message_id, {})[answer_id] = total
        if is_mine:
            mine.setdefault(message_id, set()).add(answer_id)
    return {one: Tally(each, frozenset(mine.get(one, ()))) for one, each in totals.items()}


async def chosen(unit: Unit, message: Message, user_id: int) -> frozenset[int]:
    """What somebody has chosen; the message is held."""
    found = sa.select(poll_votes.c.answer_id).where(
        *_under(poll_votes, message), poll_votes.c.user_id == user_id
    )
    return frozenset(row.answer_id for row in await unit.all(found))


async def add(unit: Unit, message: Message, user_id: int, answer_ids: Sequence[int]) -> None:
    """More votes of one person."""
    if not answer_ids:
        return
    rows = [{**_key(message), "answer_id": one, "user_id": user_id} for one in answer_ids]
    await unit.run(sa.insert(poll_votes).values(rows))
    firsts = insert(poll_counts).values(
        [{**_key(message), "answer_id": one, "total": 1} for one in answer_ids]
    )
    await unit.run(
        firsts.on_conflict_do_update(
            index_elements=["channel_id", "message_id", "answer_id"],
            set_={"total": poll_counts.c.total + 1},
        )
    )


async def remove(unit: Unit, message: Message, user_id: int, answer_ids: Sequence[int]) -> None:
    """Less of them."""
    if not answer_ids:
        return
    these = (*_under(poll_votes, message), poll_votes.c.answer_id.in_(answer_ids))
    await unit.run(sa.delete(poll_votes).where(*these, poll_votes.c.user_id == user_id))
    counted = (*_under(poll_counts, message), poll_counts.c.answer_id.in_(answer_ids))
    await unit.run(sa.update(poll_counts).where(*counted).values(total=poll_counts.c.total - 1))


async def who(pool: Any, message: Message, answer_id: int, *, after: int, limit: int) -> list[int]:
    """Those who chose an answer, by id."""
    rows = await pool.fetch(_WHO, message.channel_id, message.id, answer_id, after, limit)
    return [row[0] for row in rows]


async def due(pool: Any, now: datetime, limit: int) -> list[tuple[int, int]]:
    """Channel and message of polls whose time is up, the oldest first."""
    return [tuple(row) for row in await pool.fetch(_DUE, now, limit)]


async def end(unit: Unit, message: Message) -> bool:
    """No votes any more; False if it was over already."""
    return bool(await unit.run(sa.delete(polls).where(*_under(polls, message))))


async def score(unit: Unit, message: Message, ballot: Ballot) -> None:
    """Everybody who answered a quiz is one further, or not."""
    right = sorted(ballot.right)
    scored = _SCORED.bindparams(**_key(message), is_multiple=ballot.is_multiple, right_ids=right)
    await unit.run(scored)
    counted = insert(quiz_scores).values(
        channel_id=message.channel_id, user_id=_EVERYBODY, right=0, answered=1
    )
    await unit.run(
        counted.on_conflict_do_update(
            index_elements=["channel_id", "user_id"],
            set_={"answered": quiz_scores.c.answered + 1},
        )
    )


async def best(pool: Any, channel_id: int, limit: int) -> tuple[int, list[Scored]]:
    """How many quizzes a channel has had, and who did best."""
    held = "SELECT answered FROM quiz_scores WHERE channel_id = $1 AND user_id = $2"
    quizzes = await pool.fetchval(held, channel_id, _EVERYBODY)
    rows = await pool.fetch(_BEST, channel_id, limit)
    return quizzes or 0, [Scored(*row) for row in rows]


def _key(message: Message) -> dict[str, Any]:
    return {"channel_id": message.channel_id, "message_id": message.id}


def _under(table: sa.Table, message: Message) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.channel_id == message.channel_id, table.c.message_id == message.id
