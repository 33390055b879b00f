"""How far events of other services were heard."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from chat_service.tables import heard as positions
from chat_service.tools import Unit


async def heard(unit: Unit, topic: str) -> tuple[str, int] | None:
    """Epoch and stamp of the last event of a topic that had its effect."""
    row = await unit.one(select(positions).where(positions.c.topic == topic))
    return None if row is None else (row.epoch, row.stamp)


async def note(unit: Unit, topic: str, epoch: str, stamp: int) -> None:
    """Never look at these events again."""
    new = insert(positions).values(topic=topic, epoch=epoch, stamp=stamp)
    latest = func.greatest(positions.c.stamp, new.excluded.stamp)
    await unit.run(
        new.on_conflict_do_update(
            index_elements=["topic"], set_={"epoch": new.excluded.epoch, "stamp": latest}
        )
    )
