"""What neighbours may ask of chat_service."""

from __future__ import annotations

from chassis.rpc import RpcServer
from chat_service.actions import exports
from chat_service.tools import Units
from contracts.identity import NOBODY
from contracts.rpc.chat import ExportPerson
from contracts.rpc.export import Exported


class Handlers:
    """One function a call."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def export_person(self, call: ExportPerson) -> Exported:
        """What a person wrote, page by page."""
        async with self._units.reading(NOBODY) as unit:
            return await exports.of(unit, call.user_id, call.after)


def register(rpc: RpcServer, units: Units) -> None:
    """Answer these calls."""
    handlers = Handlers(units)
    rpc.handle(ExportPerson, handlers.export_person)
