"""What every action of this service is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.db import Database
from chassis.group_commit import GroupCommit
from chassis.outbox import Outbox
from chassis.rpc.client import Calls
from chat_service.actions.access import Access
from chat_service.domain.moderation import Watch
from chat_service.facts import Facts
from chat_service.files import Files
from chat_service.people import People
from chat_service.store.messages import Draft, Stored
from chat_service.tools import Units
from chat_service.unfurl.unfurler import Noticed
from chat_service.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Chat:
    """The hot path by hand, everything else in units."""

    access: Access
    facts: Facts
    people: People
    webhooks: Webhooks
    calls: Calls
    outbox: Outbox
    bus: Bus
    clock: Clock
    database: Database
    commits: GroupCommit[Draft, Stored]
    units: Units
    files: Files
    noticed: Noticed
    patience: timedelta
    """How long an application has for its first answer."""
    watch: Watch = field(default_factory=Watch)
