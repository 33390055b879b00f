"""What neighbours may ask of notification_service."""

from __future__ import annotations

from chassis.db import Units
from chassis.rpc import RpcServer
from contracts.identity import NOBODY
from contracts.rpc.export import Exported
from contracts.rpc.notification import ExportPerson
from notification_service import actions


class Handlers:
    """One function a call."""

    def __init__(self, units: Units[None]) -> None:
        self._units = units

    async def export_person(self, call: ExportPerson) -> Exported:
        """Devices of a person."""
        async with self._units.reading(NOBODY) as unit:
            return await actions.export(unit, call.user_id, call.after)


def register(rpc: RpcServer, units: Units[None]) -> None:
    """Answer these calls."""
    handlers = Handlers(units)
    rpc.handle(ExportPerson, handlers.export_person)
