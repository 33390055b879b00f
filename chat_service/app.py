"""What chat_service is made of."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from chassis import parts
from chassis.blobs import Blobs
from chassis.bus import Ears
from chassis.clock import Clock
from chassis.db import Database
from chassis.group_commit import GroupCommit
from chassis.http import application
from chassis.outbox import Outbox
from chassis.service import Service
from chat_service import api, rpc
from chat_service.actions import messages
from chat_service.actions.access import Access
from chat_service.actions.chat import Chat
from chat_service.actions.previewing import Previews
from chat_service.api.messages import DESCRIBED, hot_routes
from chat_service.facts import Facts
from chat_service.files import Files
from chat_service.inbox import Inbox
from chat_service.jobs import Jobs
from chat_service.kept import Kept
from chat_service.people import People
from chat_service.settings import Settings
from chat_service.store.messages import Draft, Stored
from chat_service.tools import Units
from chat_service.unfurl.unfurler import Noticed, Unfurler
from chat_service.webhooks import Webhooks
from contracts import topics
from contracts.attachments import Links

_MINUTE, _TEN_MINUTES = 60, 600


def build(settings: Settings) -> Service:
    """The service, ready to start."""
    service = Service(settings)
    clock = service.clock
    bus = parts.bus(service, settings)
    database = parts.database(service, settings)
    outbox = parts.outbox(service, settings, bus)
    calls = parts.calls(service, settings, needed=("community", "user"))
    noticed = Noticed(is_on=settings.previews)
    commits = _commits(service, database, outbox, noticed)
    facts = Facts(calls, bus, clock)
    people, webhooks = People(calls, clock), Webhooks(calls, clock)
    service.use(Ears(bus, topics.FACES, people, tasks=service.tasks))
    service.use(Ears(bus, topics.FACES, webhooks, tasks=service.tasks))
    chat = Chat(
        access=Access(facts, clock),
        facts=facts,
        people=people,
        webhooks=webhooks,
        calls=calls,
        outbox=outbox,
        bus=bus,
        clock=clock,
        database=database,
        commits=commits,
        units=Units(database, outbox, clock, None),
        files=_files(settings, clock),
        noticed=noticed,
        patience=timedelta(seconds=settings.interaction_patience),
    )
    rpc.register(parts.door(service, settings), chat)
    app = application(service.name, *api.routers(chat))
    parts.serve(service, settings, app, hot_routes(chat), described=DESCRIBED)
    service.use(Inbox(chat, tasks=service.tasks))
    _schedule(service, settings, chat)
    return service


def _commits(
    service: Service, database: Database, outbox: Outbox, noticed: Noticed
) -> GroupCommit[Draft, Stored]:
    write = partial(messages.write, service.use(Kept(database)), outbox, noticed)
    return service.use(GroupCommit(write, tasks=service.tasks, metrics=service.metrics))


def _schedule(service: Service, settings: Settings, chat: Chat) -> None:
    jobs = Jobs(
        chat,
        service.metrics,
        nonce_hours=settings.nonce_hours,
        attendance_days=settings.attendance_days,
    )
    service.job("removals", settings.removals_every, jobs.remove)
    service.job("farewells", settings.removals_every, jobs.say_farewell)
    service.job("sweep", settings.sweep_every, jobs.sweep)
    service.job("orphans", settings.orphans_every, jobs.sweep_orphans)
    service.job("files", _TEN_MINUTES, jobs.look_after_files)
    service.job("indexing", settings.indexing_every, jobs.index)
    service.job("archive", settings.archive_every, jobs.archive)
    service.job("polls", settings.polls_every, jobs.close_polls)
    service.job("interactions", settings.interactions_every, jobs.lapse)
    service.job("past_interactions", _MINUTE, jobs.forget_interactions)
    service.job("forget", _TEN_MINUTES, jobs.forget)
    if settings.previews:
        inside = settings.previews_inside
        unfurler = Unfurler(inside, clock=service.clock, tasks=service.tasks)
        shown = service.use(Previews(chat, unfurler, tasks=service.tasks))
        service.job("previews", _MINUTE, shown.tidy)


def _files(settings: Settings, clock: Clock) -> Files:
    return Files(
        blobs=Blobs(settings),
        links=Links.under(settings.keys(), settings.public_url),
        clock=clock,
        file_bytes=settings.file_bytes,
        request_bytes=settings.upload_bytes,
        recording_bytes=settings.recording_bytes,
        at_once=settings.uploads_at_once,
        kept_hours=settings.uploads_kept_hours,
    )
