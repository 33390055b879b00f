"""Up to where events have had their effect."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from notification_service.domain.devices import Heard
from notification_service.tables import heard
from notification_service.tools import Unit


async def of(unit: Unit, topic: str) -> Heard | None:
    """Up to where a topic was heard, if it ever was."""
    row = await unit.one(select(heard).where(heard.c.topic == topic))
    return None if row is None else Heard(row.epoch, row.stamp)


async def note(unit: Unit, topic: str, until: Heard) -> None:
    """Never look at these events again. Another epoch begins anew."""
    new = insert(heard).values(topic=topic, epoch=until.epoch, stamp=until.stamp)
    latest = func.greatest(heard.c.stamp, new.excluded.stamp)
    await unit.run(
        new.on_conflict_do_update(
            index_elements=["topic"], set_={"epoch": new.excluded.epoch, "stamp": latest}
        )
    )
