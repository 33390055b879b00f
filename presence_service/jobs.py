"""What happens by the clock: leases are renewed, and lapsed ones are found."""

from __future__ import annotations

from functools import partial

from chassis.service import Service
from presence_service import actions
from presence_service.actions import Tools
from presence_service.settings import Settings


def register(service: Service, tools: Tools, settings: Settings) -> None:
    """Let them run."""
    service.job("renew", settings.renew_seconds, partial(actions.renew, tools))
    service.job("sweep", settings.sweep_seconds, partial(actions.sweep, tools))
