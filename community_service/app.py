"""What community_service is made of."""

from __future__ import annotations

import secrets
from datetime import timedelta

from chassis import parts
from chassis.blobs import Blobs
from chassis.bus import Ears
from chassis.db import Units
from chassis.http import application
from chassis.service import Service
from community_service import api, rpc
from community_service.inbox import Deeds, Inbox
from community_service.jobs import Jobs
from community_service.settings import Settings
from community_service.sightings import Sightings
from community_service.tools import Tools
from contracts import topics
from contracts.limits import PICTURE_BODY_BYTES


def build(settings: Settings) -> Service:
    """The service, ready to start."""
    service = Service(settings)
    bus = parts.bus(service, settings)
    database = parts.database(service, settings)
    outbox = parts.outbox(service, settings, bus)
    calls = parts.calls(service, settings, needed=("user",))
    life = timedelta(minutes=settings.face_minutes)
    tools = Tools(calls, secrets.randbits, life, Blobs(settings))
    units = Units(database, outbox, service.clock, tools)
    sightings = Sightings()
    rpc.register(parts.door(service, settings), units, sightings)
    inbox = service.use(Inbox(units, clock=service.clock, tasks=service.tasks))
    service.use(Ears(bus, topics.FACES, inbox, tasks=service.tasks))
    service.use(Deeds(bus, units, clock=service.clock, tasks=service.tasks))
    jobs = Jobs(units, sightings)
    service.job("departures", settings.departures_every, jobs.tell_departed)
    service.job("sightings", settings.sightings_every, jobs.note_sightings)
    service.job("temporary", settings.temporary_every, jobs.let_go_unseen)
    service.job("audit", settings.audit_every, jobs.forget_entries)
    service.job("events", settings.events_every, jobs.pass_time)
    service.job("past", settings.audit_every, jobs.forget_finished)
    service.job("invites", settings.invites_every, jobs.clear_invites)
    service.job("listings", settings.listings_every, jobs.recount_listed)
    app = application(service.name, *api.routers(units))
    parts.serve(service, settings, app, body_bytes=PICTURE_BODY_BYTES)
    return service
