"""What signaling_service is made of."""

from __future__ import annotations

from secrets import token_urlsafe

from chassis import parts
from chassis.bus import Ears
from chassis.clock import Clock
from chassis.http import application
from chassis.lease import RedisNumberLease
from chassis.service import Service
from contracts import topics
from signaling_service import api, jobs, rpc, views
from signaling_service.answers import Answers
from signaling_service.attending import Attending
from signaling_service.domain.seats import Enough
from signaling_service.facts import Facts
from signaling_service.hall.hall import Hall
from signaling_service.hall.news import News
from signaling_service.hall.workers import Workers
from signaling_service.settings import Settings
from signaling_service.store.calls import OngoingCalls
from signaling_service.store.nodes import Nodes
from signaling_service.store.stages import Stages, Statuses
from signaling_service.store.stays import Stays
from signaling_service.tools import Spans, Tools
from signaling_service.ws import Doors
from signaling_service.ws.reception import Reception

_KEEP_ROOM_S = 60


def build(settings: Settings, clock: Clock | None = None) -> Service:
    """All parts, in the order in which they start. `clock` times stays and leases."""
    service = Service(settings)
    tools = _tools(service, settings, clock or service.clock)
    hall = Hall(
        Workers(tools.calls, service.clock),
        tools.clock,
        Enough(settings.worker_people, settings.worker_packets),
    )
    attending = Attending(tools, hall, clock=service.clock, tasks=service.tasks)
    service.use(Ears(tools.bus, topics.VOICE, attending, tasks=service.tasks))
    news = News(hall, clock=tools.clock, tasks=service.tasks)
    rpc.register(parts.door(service, settings), tools, news)
    work = jobs.Jobs(tools, hall, attending, settings)
    service.use(work)
    jobs.register(service, work, attending, settings)
    regions = (views.region(settings.region_id, settings.region_name),)
    app = application(service.name, *api.routers(tools, regions))
    trusts = bool(settings.api_secret.get_secret_value())
    reception = Reception(
        tools,
        hall,
        trusts_operators=trusts,
        tasks=service.tasks,
        heartbeat_s=settings.heartbeat_seconds,
    )
    parts.serve(service, settings, app, outer=lambda inner: Doors(reception, inner))
    return service


def _tools(service: Service, settings: Settings, clock: Clock) -> Tools:
    bus = parts.bus(service, settings)
    numbers = service.use(RedisNumberLease(bus.commands, clock=service.clock, tasks=service.tasks))
    calls = parts.calls(service, settings, needed=("community",))
    return Tools(
        stays=Stays(bus.commands, service.clock),
        nodes=Nodes(bus.commands, keep_room_s=_KEEP_ROOM_S),
        ongoing=OngoingCalls(bus.commands),
        stages=Stages(bus.commands),
        statuses=Statuses(bus.commands),
        facts=Facts(calls, bus, clock),
        calls=calls,
        bus=bus,
        clock=clock,
        tasks=service.tasks,
        spans=Spans(
            pending_s=settings.pending_seconds,
            lease_s=settings.lease_seconds,
            token_s=settings.token_hours * 3600,
            bot_pause_s=settings.bot_pause_seconds,
        ),
        node=service.instance,
        region=settings.region_id,
        issuer=settings.api_key,
        secret=settings.secret(),
        new_id=numbers.next_id,
        new_ticket=lambda: token_urlsafe(12),
        answers=Answers(),
    )
