"""What media_sfu is made of."""

from __future__ import annotations

from pathlib import Path

from chassis import parts
from chassis.rpc import Calls
from chassis.service import Service
from media_sfu import jobs, rpc
from media_sfu.actions import seating
from media_sfu.actions.recording import Recording
from media_sfu.jobs import Register
from media_sfu.port import UdpPort
from media_sfu.recording.delivering import Delivery
from media_sfu.recording.desk import Bounds, Desk
from media_sfu.recording.shelf import Shelf
from media_sfu.settings import Settings
from media_sfu.worker import Trunk, Worker


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
            kernel=settings.kernel,
            tell=calls.cast,
            trunk=Trunk(calls.ask_at, settings.pair_key()),
            clock=service.clock,
            tasks=service.tasks,
        )
    )
    desk = _desk(service, settings, worker, calls)
    recording = Recording(desk)
    rpc.register(parts.door(service, settings), worker, settings.turn(), recording)
    jobs.register(service, worker, settings)
    if "signaling" in settings.neighbour_addresses():
        calls.on_link("signaling", Register(worker, settings).say, lambda: None)
    service.on_drain(lambda: seating.close_all(worker))
    return service


def _desk(service: Service, settings: Settings, worker: Worker, calls: Calls) -> Desk:
    shelf = Shelf(Path(settings.recordings))
    bounds = Bounds(
        settings.recording_hours * 3600, settings.recording_bytes, settings.recording_disk_bytes
    )
    desk = service.use(Desk(worker, shelf, bounds, Delivery(calls.ask, settings.files_url)))
    service.job("recordings", 1.0, desk.look)
    if "chat" in settings.neighbour_addresses():
        service.job("deliveries", 1.0, desk.bring)
    return desk
