"""What neighbours and operators may ask of notification_service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chassis.rpc import RpcServer
from contracts.identity import NOBODY
from contracts.rpc.export import Exported
from contracts.rpc.notification import ExportPerson, GreetDevices, Pushed
from notification_service import actions
from notification_service.tools import Units


class Handlers:
    """One function a call."""

    def __init__(
        self, units: Units, nudge: Callable[[], None], troubles: Callable[[], dict[str, str]]
    ) -> None:
        self._units = units
        self._nudge = nudge
        self._troubles = troubles

    async def export_person(self, call: ExportPerson) -> Exported:
        """Devices and history of a person."""
        async with self._units.reading(NOBODY) as unit:
            return await actions.devices.export(unit, call.user_id, call.after)

    async def greet(self, call: GreetDevices) -> Pushed:
        """A push to every device of somebody."""
        async with self._units.open(NOBODY) as unit:
            greeted = await actions.devices.greet(unit, call.user_id)
        self._nudge()
        # Files are looked at, off the loop.
        troubles = await asyncio.to_thread(self._troubles)
        return Pushed(devices=greeted.devices, unserved=greeted.unserved, troubles=troubles)


def register(
    rpc: RpcServer,
    units: Units,
    nudge: Callable[[], None],
    troubles: Callable[[], dict[str, str]],
) -> None:
    """Answer these calls."""
    handlers = Handlers(units, nudge, troubles)
    rpc.handle(ExportPerson, handlers.export_person)
    rpc.handle(GreetDevices, handlers.greet)
