"""What notification_service is made of."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from chassis import parts
from chassis.clock import Clock
from chassis.db import Units
from chassis.http import application
from chassis.post import post
from chassis.service import Service
from notification_service import api, rpc
from notification_service.carriers import web_key
from notification_service.carriers.roster import configured
from notification_service.crowd import Crowd
from notification_service.domain.devices import Provider
from notification_service.domain.notices import Pace
from notification_service.inbox import Inbox
from notification_service.jobs import Digests, Keeping, Pushes
from notification_service.settings import Settings
from notification_service.tools import Policy, Tools

_MEASURED_EVERY_S = 5.0
_PURGED_EVERY_S = 3_600.0


def build(settings: Settings, clock: Clock | None = None) -> Service:
    """The service, ready to start."""
    service = Service(settings, clock)
    bus = parts.bus(service, settings)
    database = parts.database(service, settings)
    outbox = parts.outbox(service, settings, bus)
    calls = parts.calls(service, settings)
    signer = settings.keys()[f"id.{service.name}"]
    carriers = configured(settings, service.clock)
    policy = _policy(settings, frozenset(each.provider for each in carriers))
    tools = Tools(calls, service.clock, policy, signer)
    units: Units[Tools] = Units(database, outbox, service.clock, tools)
    pushes = service.use(
        Pushes(
            units,
            carriers,
            every=settings.pushes_every,
            batch=settings.batch,
            clock=service.clock,
            tasks=service.tasks,
            metrics=service.metrics,
        )
    )
    service.use(
        Inbox(
            bus,
            units,
            Crowd(calls, bus, service.clock),
            clock=service.clock,
            tasks=service.tasks,
            metrics=service.metrics,
            nudge=pushes.nudge,
            turn=pushes.turn,
        )
    )
    rpc.register(parts.door(service, settings), units, pushes.nudge, pushes.troubles)
    service.job("measure", _MEASURED_EVERY_S, pushes.measure)
    _by_the_clock(service, settings, units)
    parts.serve(service, settings, application(service.name, *api.routers(units)))
    return service


def _by_the_clock(service: Service, settings: Settings, units: Units[Tools]) -> None:
    digests = Digests(units, post(settings), settings, service.clock)
    keeping = Keeping(units, timedelta(days=settings.history_days))
    service.job("digests", settings.digests_every, digests.send)
    service.job("purge", _PURGED_EVERY_S, keeping.purge)


def _policy(settings: Settings, served: frozenset[Provider]) -> Policy:
    return Policy(
        pace=Pace(
            rest=timedelta(seconds=settings.wait),
            active=timedelta(seconds=settings.wait_active),
            window=timedelta(seconds=settings.window),
        ),
        public_url=settings.public_url.rstrip("/"),
        worth=settings.worth,
        devices_per_person=settings.devices_per_person,
        web_key=partial(web_key, settings.vapid_key.get_secret_value()),
        digest_after=timedelta(hours=settings.digest_hours),
        served=served,
    )
