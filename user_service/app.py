"""What user_service is made of."""

from __future__ import annotations

import secrets

from chassis import parts
from chassis.db import Units
from chassis.http import application
from chassis.service import Service
from user_service import api, rpc
from user_service.passwords import Passwords
from user_service.settings import Settings
from user_service.tools import Tools


def build(settings: Settings) -> Service:
    """The service, ready to start."""
    service = Service(settings)
    bus = parts.bus(service, settings)
    database = parts.database(service, settings)
    outbox = parts.outbox(service, settings, bus)
    passwords = service.use(
        Passwords(
            memory_kib=settings.password_memory_kib,
            passes=settings.password_passes,
            threads=settings.password_threads,
            queue=settings.password_queue,
        )
    )
    units = Units(database, outbox, service.clock, Tools(passwords, secrets.token_bytes))
    rpc.register(parts.door(service, settings), units)
    app = application(service.name, *api.routers(units))
    parts.serve(service, settings, app)
    return service
