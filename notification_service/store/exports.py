"""What is kept of a person, for their own eyes."""

from __future__ import annotations

from chassis.export import Shelf, page
from contracts.ids import UserId
from contracts.rpc.export import Exported
from notification_service.tables import devices, history, people
from notification_service.tools import Unit

_SHELVES = (
    Shelf(devices.c.user_id, frozenset({"token", "p256dh", "auth"})),
    Shelf(people.c.user_id),
    Shelf(history.c.user_id),
)


async def export(unit: Unit, user_id: UserId, after: str) -> Exported:
    """One page."""
    return await page(unit, _SHELVES, user_id, after)
