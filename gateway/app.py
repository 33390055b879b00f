"""What the gateway is made of: the REST side (the edge) and the WebSocket side (the lobby)."""

from __future__ import annotations

from chassis import parts
from chassis.bus import Bus, Ears
from chassis.rpc import Calls
from chassis.service import Service
from contracts import topics
from contracts.rpc.edge import RecallSight, ReleaseSession
from gateway.doors import Doors, desk
from gateway.live.lobby import Lobby, Site
from gateway.live.presence_link import PresenceLink
from gateway.live.seats import Seats
from gateway.rest import voice
from gateway.rest.authenticate import Authenticator
from gateway.rest.edge import Edge
from gateway.rest.voice import Voice
from gateway.settings import Settings

KERNEL_BYTES = 256 << 10
"""Left alone, the kernel would take megabytes for every reader that stalls."""


def build(settings: Settings) -> Service:
    """The service, ready to start."""
    service = Service(settings)
    bus = parts.bus(service, settings)
    calls = parts.calls(service, settings, needed=("user", "community", "presence"))
    who = Authenticator(calls, clock=service.clock, tasks=service.tasks)
    service.use(Ears(bus, topics.IDENTITY, who, tasks=service.tasks))
    presence = service.use(
        PresenceLink(Seats(service.instance), calls, clock=service.clock, tasks=service.tasks)
    )
    lobby = _lobby(service, settings, bus, calls, who, presence)
    door = parts.door(service, settings)
    door.handle(ReleaseSession, lobby.release)
    door.handle(RecallSight, lobby.recall)
    carried = service.use(
        Voice(
            calls.ask,
            calls.ask,
            clock=service.clock,
            tasks=service.tasks,
            metrics=service.metrics,
        )
    )
    doors = Doors(lobby, carried.carry)
    doors.desk = desk(service, settings, who, doors, voice.router(carried))
    edge = service.use(Edge(doors.desk, service.metrics))
    service.http(
        edge.desk.app, protocol=edge.protocol_class(), reuse_port=True, kernel_bytes=KERNEL_BYTES
    )
    service.on_drain(edge.drain)
    service.on_drain(lambda: lobby.drain(settings.drain_seconds))
    service.on_drain(presence.drain)
    return service


def _lobby(
    service: Service,
    settings: Settings,
    bus: Bus,
    calls: Calls,
    who: Authenticator,
    presence: PresenceLink,
) -> Lobby:
    lobby = service.use(
        Lobby(
            bus,
            calls,
            authenticate=who.authenticate,
            presence=presence,
            site=Site(
                settings.node_address(),
                settings.resume_url or settings.public_url,
                settings.guilds_per_shard,
            ),
            clock=service.clock,
            tasks=service.tasks,
        )
    )
    lobby.measure(service.metrics)
    return lobby
