"""Conversations outside of guilds, and those in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from chat_service.domain.conversations import Conversation, Recipient
from chat_service.tables import conversations, messages, recipients
from chat_service.tables import heads as heads_of
from chat_service.tools import Unit
from contracts.objects.channel import ChannelType

_SELECT = """
SELECT c.id, c.type, c.owner_id, c.name, c.icon, array_agg(r.user_id ORDER BY r.ordinal),
  array_agg(r.is_open ORDER BY r.ordinal), array_agg(r.is_request ORDER BY r.ordinal)
FROM conversations c JOIN recipients r ON r.channel_id = c.id
"""
_ONE = _SELECT + "WHERE c.id = $1 GROUP BY c.id"
_MANY = _SELECT + "WHERE c.id = ANY($1::bigint[]) GROUP BY c.id"
_LISTED = """
SELECT p.user_id, o.channel_id FROM unnest($1::bigint[]) AS p(user_id)
CROSS JOIN LATERAL (
  SELECT r.channel_id, coalesce(h.last_message_id, r.channel_id) AS newest
  FROM recipients r LEFT JOIN heads h ON h.channel_id = r.channel_id
  WHERE r.user_id = p.user_id AND r.is_open ORDER BY newest DESC LIMIT $2
) o
ORDER BY o.newest DESC
"""
_HEADS = """
SELECT c.id, h.last_message_id,
  (SELECT max(m.pinned) FROM messages m WHERE m.channel_id = c.id AND m.pinned IS NOT NULL)
FROM unnest($1::bigint[]) AS c(id) LEFT JOIN heads h ON h.channel_id = c.id
"""


async def one(pool: Any, channel_id: int) -> Conversation | None:
    """A conversation by id."""
    row = await pool.fetchrow(_ONE, channel_id)
    return _read(row) if row else None


async def listed(pool: Any, user_ids: Sequence[int], limit: int) -> dict[int, list[Conversation]]:
    """Those open to each of these people, the liveliest first; who has none is left out."""
    rows = await pool.fetch(_LISTED, list(user_ids), limit)
    ids = list({row[1] for row in rows})
    every = {row[0]: _read(row) for row in (await pool.fetch(_MANY, ids) if ids else ())}
    found: dict[int, list[Conversation]] = {}
    for user_id, channel_id in rows:
        if channel_id in every:
            found.setdefault(user_id, []).append(every[channel_id])
    return found


async def heads(pool: Any, ids: Sequence[int]) -> dict[int, tuple[int | None, Any]]:
    """The newest message and the last pin, by conversation."""
    return {row[0]: (row[1], row[2]) for row in await pool.fetch(_HEADS, list(ids))}


async def head(unit: Unit, channel_id: int) -> tuple[int | None, datetime | None]:
    """The same of one, as this unit leaves it."""
    newest = sa.select(heads_of.c.last_message_id).where(heads_of.c.channel_id == channel_id)
    pinned = (messages.c.channel_id == channel_id, messages.c.pinned.is_not(None))
    pin = sa.select(sa.func.max(messages.c.pinned)).where(*pinned)
    newest_and_pin = sa.select(
        newest.scalar_subquery().label("newest"), pin.scalar_subquery().label("pin")
    )
    (row,) = await unit.all(newest_and_pin)
    return row.newest, row.pin


async def hold(unit: Unit, channel_id: int) -> Conversation | None:
    """A conversation that nobody else changes until this unit ends."""
    held = sa.select(conversations).where(conversations.c.id == channel_id).with_for_update()
    row = await unit.one(held)
    if row is None:
        return None
    found = sa.select(recipients.c.user_id, recipients.c.is_open, recipients.c.is_request)
    found = found.where(recipients.c.channel_id == channel_id).order_by(recipients.c.ordinal)
    seats = tuple(Recipient(*seat) for seat in await unit.all(found))
    return Conversation(row.id, ChannelType(row.type), seats, row.owner_id, row.name, row.icon)


async def people(unit: Unit, channel_id: int) -> list[int]:
    """Everybody in a conversation."""
    found = sa.select(recipients.c.user_id).where(recipients.c.channel_id == channel_id)
    return [row.user_id for row in await unit.all(found)]


async def pair(unit: Unit, fresh_id: int, one_id: int, other_id: int) -> int:
    """The one conversation of two people, made if there was none; held."""
    low, high = sorted((one_id, other_id))
    made = insert(conversations).values(id=fresh_id, type=ChannelType.DM, low_id=low, high_id=high)
    # Updated with what it is already: only so the row is returned, and held, in either case.
    upserted = made.on_conflict_do_update(
        index_elements=["low_id", "high_id"], set_={"low_id": low}
    ).returning(conversations.c.id)
    return int(await unit.scalar(upserted))


async def add_group(unit: Unit, channel_id: int, owner_id: int) -> None:
    """A group, with nobody in it yet."""
    values = {"id": channel_id, "type": ChannelType.GROUP_DM, "owner_id": owner_id}
    await unit.run(sa.insert(conversations).values(values))


async def seat(unit: Unit, channel_id: int, people: Sequence[Recipient]) -> None:
    """Let people in; those who are keep their entry."""
    if people:
        rows = [
            {
                "channel_id": channel_id,
                "user_id": one.user_id,
                "is_open": one.is_open,
                "is_request": one.is_request,
            }
            for one in people
        ]
        await unit.run(insert(recipients).on_conflict_do_nothing(), rows)


async def show(unit: Unit, channel_id: int, user_ids: Sequence[int], *, is_open: bool) -> None:
    """Put it into people's lists, or take it out."""
    await unit.run(
        sa.update(recipients)
        .where(recipients.c.channel_id == channel_id, among(recipients.c.user_id, user_ids))
        .values(is_open=is_open)
    )


async def reopen(unit: Unit, channel_id: int) -> list[int]:
    """Put it into everybody's list; those who did not have it there."""
    closed = sa.update(recipients).where(
        recipients.c.channel_id == channel_id, ~recipients.c.is_open
    )
    opened = closed.values(is_open=True).returning(recipients.c.user_id)
    return [row.user_id for row in await unit.all(opened)]


async def accept(unit: Unit, channel_id: int, user_id: int) -> bool:
    """It is no request any more; whether it was one."""
    return bool(
        await unit.run(
            sa.update(recipients)
            .where(recipients.c.channel_id == channel_id, recipients.c.user_id == user_id)
            .where(recipients.c.is_request)
            .values(is_request=False)
        )
    )


async def unseat(unit: Unit, channel_id: int, user_id: int) -> None:
    """Let somebody go."""
    await unit.run(
        sa.delete(recipients).where(
            recipients.c.channel_id == channel_id, recipients.c.user_id == user_id
        )
    )


async def change(unit: Unit, channel_id: int, **values: Any) -> None:
    """Name, icon, owner."""
    await unit.run(sa.update(conversations).where(conversations.c.id == channel_id).values(values))


async def remove(unit: Unit, channel_id: int) -> None:
    """The last one has left."""
    await unit.run(sa.delete(conversations).where(conversations.c.id == channel_id))


def _read(row: Any) -> Conversation:
    number, kind, owner_id, name, icon, *seats = row
    people = tuple(Recipient(*seat) for seat in zip(*seats, strict=True))
    return Conversation(number, ChannelType(kind), people, owner_id, name, icon)
