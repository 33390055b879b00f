"""What actions are given, and units of this service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from chassis import db
from chassis.clock import Clock
from chassis.rpc import Calls
from notification_service.domain.devices import Provider
from notification_service.domain.notices import Pace


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator has decided."""

    pace: Pace
    public_url: str
    worth: timedelta
    """After so long nobody is told any more."""
    devices_per_person: int
    web_key: Callable[[], str] = str
    """Which a browser subscribes with; empty where Web Push is off. Made when it is asked for."""
    digest_after: timedelta = timedelta(days=1)
    served: frozenset[Provider] = frozenset(Provider)
    """Providers that are configured: for others nothing is queued."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What actions work with."""

    calls: Calls
    clock: Clock
    policy: Policy
    signer: bytes
    """For links that do something without a login."""


Unit: TypeAlias = db.Unit[Tools]
Units: TypeAlias = db.Units[Tools]
