"""Who was in which voice channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.tables import visits
from chat_service.tools import Unit


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay."""

    channel_id: int
    id: int
    guild_id: int
    user_id: int
    began: datetime
    ended: datetime
    spoke_ms: int


_COLUMNS = tuple(visits.c[name] for name in Visit.__dataclass_fields__)


async def note(unit: Unit, some: Sequence[Visit]) -> None:
    """These are, or were, there. What is noted late takes nothing back."""
    if not some:
        return
    fresh = insert(visits).values([asdict(one) for one in some])
    longest = {
        name: sa.func.greatest(visits.c[name], fresh.excluded[name])
        for name in ("ended", "spoke_ms")
    }
    known = [visits.c.channel_id, visits.c.id]
    await unit.run(fresh.on_conflict_do_update(index_elements=known, set_=longest))


async def within(
    unit: Unit, channel_id: int, since: datetime, until: datetime, most: int
) -> list[Visit]:
    """Those who were there at any moment of this time, the first first."""
    found = sa.select(*_COLUMNS).where(
        visits.c.channel_id == channel_id, visits.c.began < until, visits.c.ended >= since
    )
    rows = await unit.all(found.order_by(visits.c.began, visits.c.id).limit(most))
    return [Visit(*tuple(row)) for row in rows]


async def forget_channel(unit: Unit, channel_id: int) -> None:
    """The channel is gone."""
    await unit.run(sa.delete(visits).where(visits.c.channel_id == channel_id))


async def forget_before(unit: Unit, moment: datetime, most: int) -> int:
    """Some of what is older than anybody may know; how much."""
    keys = (visits.c.channel_id, visits.c.id)
    old = sa.select(*keys).where(visits.c.ended < moment).limit(most)
    return await unit.run(sa.delete(visits).where(sa.tuple_(*keys).in_(old)))
