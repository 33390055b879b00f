"""What is kept of one person, as they may have it. No index leads from people to messages, since
sending would pay for it: a page looks through a window of all messages.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Row, literal, select, tuple_

from chassis.db import Unit
from chassis.export import Shelf, page
from chat_service.tables import (
    check_ins,
    files,
    messages,
    poll_votes,
    quiz_scores,
    reactions,
    read_states,
    recipients,
    recordings,
    thread_members,
    threads,
    visits,
)
from chat_service.tables.search import hidden_mentions, saved
from contracts.rpc.export import Exported
from contracts.wire import timestamp

_WINDOW = 20_000
_MOST = 40
"""Messages a page: the longest of them fit one reply."""
_MESSAGES = "messages:"
SHELVES = (
    Shelf(recipients.c.user_id),
    Shelf(read_states.c.user_id),
    Shelf(thread_members.c.user_id),
    Shelf(threads.c.owner_id),
    Shelf(saved.c.user_id),
    Shelf(hidden_mentions.c.user_id),
    Shelf(reactions.c.user_id),
    Shelf(poll_votes.c.user_id),
    Shelf(check_ins.c.user_id),
    Shelf(quiz_scores.c.user_id),
    Shelf(files.c.author_id),
    Shelf(recordings.c.author_id),
    Shelf(visits.c.user_id),
)
WITHHELD = frozenset(
    {"slowed", "nonces", "interactions", "whispers"}
    | {"farewells", "removals"}
    | {"conversations", "mentions"}
)
"""Tables about people of which nothing is told: what lives for hours at most, work to be done, and
what is told with others (who sits in a conversation, what a message says).
"""


async def of(unit: Unit[Any], user_id: int, after: str) -> Exported:
    """One page: what is small first, then messages."""
    if not after.startswith(_MESSAGES):
        found = await page(unit, SHELVES, user_id, after)
        return found if found.after else found.model_copy(update={"after": f"{_MESSAGES}0:0"})
    channel_id, _, message_id = after.removeprefix(_MESSAGES).partition(":")
    return await _written(unit, user_id, int(channel_id), int(message_id))


async def _written(unit: Unit[Any], user_id: int, channel_id: int, message_id: int) -> Exported:
    window = (
        select(messages)
        .where(
            tuple_(messages.c.channel_id, messages.c.id)
            > tuple_(literal(channel_id, BigInteger), literal(message_id, BigInteger))
        )
        .order_by(messages.c.channel_id, messages.c.id)
        .limit(_WINDOW)
        .subquery()
    )
    places = window.c.channel_id, window.c.id
    last = await unit.one(select(*places).order_by(*(one.desc() for one in places)).limit(1))
    if last is None:
        return Exported()
    mine = select(window).where(window.c.author_id == user_id).order_by(*places).limit(_MOST)
    rows = await unit.all(mine)
    end = rows[-1] if len(rows) == _MOST else last
    return Exported(
        records=tuple(_record(row) for row in rows),
        file="messages",
        after=f"{_MESSAGES}{end.channel_id}:{end.id}",
    )


def _record(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "channel_id": str(row.channel_id),
        "content": row.content,
        "created": timestamp(row.created),
        "edited": timestamp(row.edited) if row.edited is not None else None,
        "attachments": [
            {name: file.get(name) for name in ("filename", "content_type", "size", "description")}
            for file in (row.extras or {}).get("attachments", ())
        ],
    }
