"""What media_sfu is made of."""

from __future__ import annotations

from chassis import parts
from chassis.service import Service
from media_sfu import jobs, rpc
from media_sfu.actions import seating
from media_sfu.jobs import Register
from media_sfu.port import UdpPort
from media_sfu.settings import Settings
from media_sfu.worker import Worker


def build(settings: Settings) -> Service:
    """All parts, in the order in which they start."""
    service = Service(settings)
    port = service.use(
        UdpPort(
            settings.udp_bind,
            settings.udp_port,
            clock=service.clock,
            tasks=service.tasks,
            metrics=service.metrics,
        )
    )
    calls = parts.calls(service, settings)
    worker = service.use(
        Worker(
            service.instance,
            port,
            hosts=settings.hosts(),
            tell=calls.cast,
            clock=service.clock,
            tasks=service.tasks,
        )
    )
    rpc.register(parts.door(service, settings), worker, settings.turn())
    jobs.register(service, worker, settings)
    if "signaling" in settings.neighbour_addresses():
        calls.on_link("signaling", Register(worker, settings).say, lambda: None)
    service.on_drain(lambda: seating.close_all(worker))
    return service
