"""Up to where events have had their effect, so that a restart goes on from there."""

from __future__ import annotations

from notification_service import store
from notification_service.domain.devices import Heard
from notification_service.tools import Unit


async def of(unit: Unit, topic: str) -> Heard | None:
    """Up to where it was heard."""
    return await store.hearing.of(unit, topic)


async def note(unit: Unit, topic: str, until: Heard) -> None:
    """What came before does not concern this service any more."""
    await store.hearing.note(unit, topic, until)
