"""What presence_service is made of."""

from __future__ import annotations

from chassis import parts
from chassis.bus import Ears
from chassis.clock import Clock
from chassis.lease import RedisNumberLease
from chassis.service import Service
from contracts import topics
from presence_service import jobs, rpc
from presence_service.actions import Spans, Tools
from presence_service.announcing import Announcer
from presence_service.audience import Audience
from presence_service.inbox import Inbox
from presence_service.settings import Settings
from presence_service.store import Leases


def build(settings: Settings, clock: Clock | None = None) -> Service:
    """All parts, in the order in which they start. `clock` times leases and graces."""
    service = Service(settings)
    tools = _tools(service, settings, clock or service.clock)
    rpc.register(parts.door(service, settings), tools)
    jobs.register(service, tools, settings)
    return service


def _tools(service: Service, settings: Settings, clock: Clock) -> Tools:
    bus = parts.bus(service, settings)
    numbers = RedisNumberLease(bus.commands, clock=service.clock, tasks=service.tasks)
    service.use(numbers)
    calls = parts.calls(service, settings, needed=("community",))
    leases = Leases(bus.commands, service.instance)
    audience = Audience(calls, clock, keep_s=settings.audience_seconds)
    announcer = Announcer(
        leases,
        audience,
        bus,
        new_id=numbers.next_id,
        clock=clock,
        tasks=service.tasks,
        pace_s=settings.devices_seconds,
    )
    inbox = Inbox(audience, announcer, service.tasks)
    service.use(Ears(bus, topics.FRIENDSHIPS, inbox, tasks=service.tasks))
    spans = Spans(settings.lease_seconds, settings.grace_seconds)
    return Tools(leases, announcer, clock, service.tasks, spans)
