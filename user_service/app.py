"""What user_service is made of."""

from __future__ import annotations

import secrets

from chassis import parts
from chassis.blobs import Blobs
from chassis.db import Units
from chassis.http import application
from chassis.post import post
from chassis.service import Service
from contracts.limits import PICTURE_BODY_BYTES
from user_service import api, rpc
from user_service.domain.seals import Seals
from user_service.jobs import Departures, Harvests, Letters, Pictures, Purges, Statuses
from user_service.passwords import Passwords
from user_service.settings import Settings
from user_service.tools import Policy, Tools

_DEPARTURES_EVERY_S = 1.0
_STATUSES_EVERY_S = 5.0


def build(settings: Settings) -> Service:
    """The service, ready to start."""
    service = Service(settings)
    bus = parts.bus(service, settings)
    database = parts.database(service, settings)
    outbox = parts.outbox(service, settings, bus)
    calls = parts.calls(service, settings)
    passwords = service.use(
        Passwords(
            memory_kib=settings.password_memory_kib,
            passes=settings.password_passes,
            threads=settings.password_threads,
            queue=settings.password_queue,
        )
    )
    office = post(settings)
    tools = Tools(
        passwords=passwords,
        dice=secrets.token_bytes,
        calls=calls,
        policy=_policy(settings, has_post=office is not None),
        blobs=Blobs(settings),
        key=settings.keys()[f"id.{service.name}"],
        seals=Seals(settings.sealing(), secrets.token_bytes),
    )
    units = Units(database, outbox, service.clock, tools)
    rpc.register(parts.door(service, settings), units)
    letters = Letters(units, office, settings, service.clock)
    service.job("letters", settings.mails_every, letters.send)
    service.job("departures", _DEPARTURES_EVERY_S, Departures(units).tell)
    service.job("pictures", settings.pictures_every, Pictures(units).clear)
    service.job("statuses", _STATUSES_EVERY_S, Statuses(units).lapse)
    harvests = Harvests(units)
    service.job("harvests", settings.harvests_every, harvests.gather)
    service.job("harvests.clear", settings.purge_every, harvests.clear)
    service.job("purge", settings.purge_every, Purges(units).purge)
    app = application(service.name, *api.routers(units, settings.public_url.rstrip("/")))
    parts.serve(service, settings, app, body_bytes=PICTURE_BODY_BYTES)
    return service


def _policy(settings: Settings, *, has_post: bool) -> Policy:
    return Policy(
        needs_verified_email=settings.require_verified_email,
        is_invite_only=settings.invite_only,
        has_post=has_post,
        forgot_takes=settings.forgot_takes,
    )
