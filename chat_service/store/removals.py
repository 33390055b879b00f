"""What is still to be deleted, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from chat_service.tables import messages, removals
from chat_service.tools import Unit

_ALL = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Removal:
    """Messages of one channel: all of them, or those of one author in a time."""

    id: int
    channel_id: int
    guild_id: int | None
    author_id: int | None
    from_id: int
    below_id: int


async def of_channel(unit: Unit, *channel_ids: int) -> None:
    """Everything in channels that nobody sees any more."""
    if channel_ids:
        rows = [{"channel_id": one, "from_id": 0, "below_id": _ALL} for one in channel_ids]
        await unit.run(sa.insert(removals).values(rows))


async def of_author(unit: Unit, wanted: Sequence[Removal]) -> None:
    """What somebody wrote in some channels in a time; the ids of these removals are made here."""
    rows = [
        {name: getattr(one, name) for name in Removal.__dataclass_fields__ if name != "id"}
        for one in wanted
    ]
    if rows:
        await unit.run(sa.insert(removals).values(rows))


async def next_one(unit: Unit) -> Removal | None:
    """A removal that nobody else works on, held until this unit ends."""
    found = sa.select(removals).order_by(removals.c.id).limit(1)
    row = await unit.one(found.with_for_update(skip_locked=True))
    return Removal(*tuple(row)) if row else None


async def batch(unit: Unit, removal: Removal, looked_at: int) -> tuple[list[int], int | None]:
    """Ids to delete among the next messages, and from where to go on (None: that was all)."""
    found = (
        sa.select(messages.c.id, messages.c.author_id)
        .where(messages.c.channel_id == removal.channel_id, messages.c.id >= removal.from_id)
        .where(messages.c.id < removal.below_id)
        .order_by(messages.c.id)
        .limit(looked_at)
    )
    rows = await unit.all(found)
    wanted = [row.id for row in rows if removal.author_id in (None, row.author_id)]
    return wanted, rows[-1].id + 1 if len(rows) == looked_at else None


async def settle(unit: Unit, removal: Removal, go_on_from: int | None) -> None:
    """So much of it is done."""
    mine = removals.c.id == removal.id
    if go_on_from is None:
        await unit.run(sa.delete(removals).where(mine))
    else:
        await unit.run(sa.update(removals).where(mine).values(from_id=go_on_from))
