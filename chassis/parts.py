"""The parts most services are made of, from their settings. Each `app.py` names those it uses.

What a part stands on is imported with it: a database alone is 18 MiB and a third of a second, and
half of the services have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from chassis.rpc import Calls, RpcServer
from chassis.service import Service
from chassis.settings import BusSettings, ServiceSettings, StoredSettings
from contracts.limits import BODY_BYTES

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from chassis.bus import Bus
    from chassis.db import Database
    from chassis.hot import HotRoutes
    from chassis.openapi import Described
    from chassis.outbox import Outbox


def bus(service: Service, settings: BusSettings) -> Bus:
    """Events, told and heard."""
    from chassis.bus import Bus

    return service.use(
        Bus(
            settings.redis_url.get_secret_value(),
            instance=service.instance,
            clock=service.clock,
            tasks=service.tasks,
            metrics=service.metrics,
        )
    )


def database(service: Service, settings: StoredSettings) -> Database:
    """The service's own schema."""
    from chassis.db import Database

    return service.use(
        Database(
            settings.database_url.get_secret_value(),
            size=settings.database_pool,
            clock=service.clock,
            tasks=service.tasks,
        )
    )


def outbox(service: Service, settings: StoredSettings, bus: Bus) -> Outbox:
    """Events of committed changes, and the number that ids are made with."""
    from chassis.outbox import Outbox

    return service.use(
        Outbox(
            settings.database_url.get_secret_value(),
            bus,
            clock=service.clock,
            tasks=service.tasks,
            metrics=service.metrics,
        )
    )


def calls(service: Service, settings: ServiceSettings, needed: Iterable[str] = ()) -> Calls:
    """Links to neighbours; without the needed ones the service is not ready."""
    return service.use(
        Calls(
            service.name,
            settings.neighbour_addresses(),
            settings.keys(),
            clock=service.clock,
            tasks=service.tasks,
            metrics=service.metrics,
            instance=service.instance,
            needed=needed,
        )
    )


def door(service: Service, settings: ServiceSettings) -> RpcServer:
    """The door for neighbours' calls."""
    return service.use(
        RpcServer(
            service.name,
            settings.keys(),
            bind=settings.bind,
            port=settings.rpc_port,
            clock=service.clock,
            tasks=service.tasks,
            metrics=service.metrics,
        )
    )


def serve(
    service: Service,
    settings: ServiceSettings,
    app: FastAPI,
    hot: HotRoutes | None = None,
    *,
    described: Sequence[Described] = (),
    body_bytes: int = BODY_BYTES,
    outer: Callable[[ASGIApp], ASGIApp] | None = None,
) -> None:
    """The HTTP face: whoever the edge vouches for, on governed and on hot routes, which `described`
    puts into words. How large a body may be on which path is the edge's to decide, `body_bytes` is
    the largest; `outer` stands around it and takes WebSockets, for which nobody vouches.
    """
    from chassis.hot import Hot
    from chassis.http import Front
    from chassis.identity import Verifier
    from chassis.openapi import publish

    publish(app, described)
    clock, metrics = service.clock, service.metrics
    verifier = Verifier(service.name, settings.keys()[f"id.{service.name}"], clock)
    front = Front(app, verifier=verifier, metrics=metrics, clock=clock, body_bytes=body_bytes)
    thin = hot and Hot(hot, verifier=verifier, metrics=metrics, clock=clock)
    protocol = thin.protocol_class() if thin else None
    service.http(outer(front) if outer else front, protocol=protocol, sockets=bool(outer))
