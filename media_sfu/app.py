"""What media_sfu is made of."""

from __future__ import annotations

from chassis import parts
from chassis.service import Service
from media_sfu.port import UdpPort
from media_sfu.settings import Settings


def build(settings: Settings) -> Service:
    """All parts, in the order in which they start."""
    service = Service(settings)
    service.use(
        UdpPort(
            settings.udp_bind,
            settings.udp_port,
            clock=service.clock,
            tasks=service.tasks,
            metrics=service.metrics,
        )
    )
    parts.door(service, settings)
    return service
