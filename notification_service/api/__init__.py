"""What HTTP may ask of notification_service."""

from __future__ import annotations

from fastapi import APIRouter

from notification_service.api import devices, digests, history, push, wishes
from notification_service.tools import Units


def routers(units: Units) -> list[APIRouter]:
    """Every route."""
    return [each.router(units) for each in (devices, wishes, history, push, digests)]
