"""What one was notified of, to look it up later."""

from __future__ import annotations

from contracts.errors import NotFound
from notification_service import store
from notification_service.domain.history import Remembered
from notification_service.tools import Unit


async def page(unit: Unit, before: int | None, limit: int) -> list[Remembered]:
    """The newest first."""
    return await store.history.page(unit, unit.actor.user_id, before, limit)


async def mark_read(unit: Unit, until: int) -> None:
    """Seen up to this line."""
    await store.history.mark_read(unit, unit.actor.user_id, until)


async def remove(unit: Unit, entry_id: int) -> None:
    """Look it up no more."""
    if not await store.history.remove(unit, unit.actor.user_id, entry_id):
        raise NotFound
