"""What the gateway is made of: the REST side (the edge) and the WebSocket side (the lobby)."""

from __future__ import annotations

from chassis import parts
from chassis.blobs import Blobs
from chassis.bus import Bus, Ears
from chassis.http import application
from chassis.rpc import Calls
from chassis.service import Service
from contracts import topics
from contracts.attachments import Links
from contracts.rpc.edge import RecallSight, ReleaseSession
from gateway.live.lobby import Lobby, Site
from gateway.live.presence_link import PresenceLink
from gateway.live.seats import Seats
from gateway.live.ws import adopter
from gateway.rest import api, attachments, pictures, reference, voice
from gateway.rest.authenticate import Authenticator, Stamps
from gateway.rest.buckets import Buckets
from gateway.rest.desk import Desk
from gateway.rest.edge import Edge
from gateway.rest.peers import Peers
from gateway.rest.pools import Upstreams
from gateway.rest.ratelimit import Limiter
from gateway.rest.routes import Routes
from gateway.rest.tally import Tally
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
    carried = service.use(Voice(calls.ask, service.clock, service.tasks, service.metrics))
    edge = service.use(Edge(_desk(service, settings, who, lobby, carried), service.metrics))
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
            site=Site(settings.node_address(), settings.public_url, settings.guilds_per_shard),
            clock=service.clock,
            tasks=service.tasks,
        )
    )
    lobby.measure(service.metrics)
    return lobby


def _buckets(service: Service, settings: Settings) -> Buckets:
    url = settings.redis_url.get_secret_value()
    return service.use(Buckets(url, clock=service.clock, tasks=service.tasks))


def _reference(service: Service, settings: Settings, routes: Routes) -> reference.Reference:
    return reference.Reference(
        settings.upstream_addresses(), routes, public_url=settings.public_url, clock=service.clock
    )


def _desk(
    service: Service, settings: Settings, who: Authenticator, lobby: Lobby, carried: Voice
) -> Desk:
    clock, tasks, routes = service.clock, service.tasks, Routes()
    blobs, links = Blobs(settings), Links.under(settings.keys(), settings.public_url)
    shown = pictures.Pictures(blobs, tasks)
    return Desk(
        routes=routes,
        authenticator=who,
        stamps=Stamps(settings.keys(), clock),
        limiter=Limiter(clock, scale=settings.rate_limit_scale, shared=_buckets(service, settings)),
        upstreams=Upstreams(settings.upstream_addresses(), clock=clock, tasks=tasks),
        app=application(
            service.name,
            api.router(settings.public_url),
            reference.router(_reference(service, settings, routes)),
            attachments.router(attachments.Attachments(blobs, links, shown, clock)),
            pictures.router(shown),
            voice.router(carried),
        ),
        adopt=adopter(lobby),
        carry=carried.carry,
        clock=clock,
        tasks=tasks,
        tally=Tally(service.metrics),
        peers=Peers(settings.trusted_proxies),
    )
