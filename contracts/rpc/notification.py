"""What notification_service answers."""

from __future__ import annotations

from pydantic import Field

from contracts.ids import UserId
from contracts.rpc.base import Call
from contracts.rpc.export import Export
from contracts.wire import Wire


class ExportPerson(Export):
    """Devices of this person, and what they were notified of."""

    service = "notification"


class Pushed(Wire):
    """How many devices a push went to, and why not to more."""

    devices: int
    unserved: dict[str, int] = Field(default_factory=dict)
    """Devices of providers that are not configured here."""
    troubles: dict[str, str] = Field(default_factory=dict)
    """Of providers that are configured and can not work, why."""


class GreetDevices(Call[Pushed]):
    """Push a greeting to every device of somebody: for the operator, `./moim push test`."""

    service = "notification"
    callers = frozenset({"user"})
    idempotent = False

    user_id: UserId
