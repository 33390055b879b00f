"""What notification_service is made of."""

from __future__ import annotations

from chassis import parts
from chassis.db import Units
from chassis.http import application
from chassis.service import Service
from notification_service import api, rpc
from notification_service.inbox import Inbox
from notification_service.settings import Settings


def build(settings: Settings) -> Service:
    """The service, ready to start."""
    service = Service(settings)
    bus = parts.bus(service, settings)
    database = parts.database(service, settings)
    outbox = parts.outbox(service, settings, bus)
    units: Units[None] = Units(database, outbox, service.clock, None)
    service.use(Inbox(bus, units, clock=service.clock, tasks=service.tasks))
    rpc.register(parts.door(service, settings), units)
    routes = api.router(units, most=settings.devices_per_person)
    parts.serve(service, settings, application(service.name, routes))
    return service
