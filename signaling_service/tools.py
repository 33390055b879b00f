"""What every action of this service works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.rpc import Calls
from chassis.tasks import Tasks
from signaling_service.answers import Answers
from signaling_service.facts import Facts
from signaling_service.store.calls import OngoingCalls
from signaling_service.store.nodes import Nodes
from signaling_service.store.stages import Stages, Statuses
from signaling_service.store.stays import Stays


@dataclass(frozen=True, slots=True)
class Spans:
    """How long things last, in seconds."""

    pending_s: float
    """A connection is awaited for so long: the first one, and one that broke."""
    lease_s: float
    """A node that is silent for so long is dead."""
    token_s: float
    bot_pause_s: float
    """Between what a bot is told of its state and of where to connect."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything that is shared."""

    stays: Stays
    nodes: Nodes
    ongoing: OngoingCalls
    stages: Stages
    statuses: Statuses
    facts: Facts
    calls: Calls
    bus: Bus
    clock: Clock
    tasks: Tasks
    spans: Spans
    node: str
    """The name of this process."""
    region: str
    issuer: str
    secret: bytes
    """What tokens are signed with."""
    new_id: Callable[[], int]
    new_ticket: Callable[[], str]
    answers: Answers
