"""Recordings of voice channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.tables import recordings
from chat_service.tools import Unit


@dataclass(frozen=True, slots=True)
class Recording:
    """One of them."""

    channel_id: int
    id: int
    guild_id: int
    author_id: int
    began: datetime
    ended: datetime | None
    reason: str | None
    message_id: int | None
    seconds: float | None
    is_kept: bool


_COLUMNS = tuple(recordings.c[name] for name in Recording.__dataclass_fields__)


async def begin(unit: Unit, recording_id: int, channel_id: int, guild_id: int, by: int) -> bool:
    """It begins; False if it has."""
    fresh = insert(recordings).values(
        channel_id=channel_id, id=recording_id, guild_id=guild_id, author_id=by, began=unit.now
    )
    return bool(await unit.run(fresh.on_conflict_do_nothing()))


async def one(unit: Unit, recording_id: int) -> Recording | None:
    """As it is now."""
    row = await unit.one(sa.select(*_COLUMNS).where(recordings.c.id == recording_id))
    return Recording(*tuple(row)) if row else None


async def hold(unit: Unit, recording_id: int) -> Recording | None:
    """One that nobody else changes until this unit ends."""
    found = sa.select(*_COLUMNS).where(recordings.c.id == recording_id)
    row = await unit.one(found.with_for_update())
    return Recording(*tuple(row)) if row else None


async def change(unit: Unit, known: Recording, **values: Any) -> None:
    """It is otherwise now."""
    mine = (recordings.c.channel_id == known.channel_id, recordings.c.id == known.id)
    await unit.run(sa.update(recordings).where(*mine).values(values))


async def page(unit: Unit, channel_id: int, below: int, most: int) -> list[Recording]:
    """Of a channel, the newest first."""
    found = sa.select(*_COLUMNS).where(
        recordings.c.channel_id == channel_id, recordings.c.id < below
    )
    rows = await unit.all(found.order_by(recordings.c.id.desc()).limit(most))
    return [Recording(*tuple(row)) for row in rows]


async def forget_channel(unit: Unit, channel_id: int) -> None:
    """The channel is gone."""
    await unit.run(sa.delete(recordings).where(recordings.c.channel_id == channel_id))
