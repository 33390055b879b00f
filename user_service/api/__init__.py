"""What HTTP may ask of user_service."""

from __future__ import annotations

from fastapi import APIRouter

from user_service.api import (
    account,
    applications,
    auth,
    harvests,
    relationships,
    settings,
    stream_keys,
    users,
)
from user_service.tools import UserUnits


def routers(units: UserUnits, public_url: str) -> tuple[APIRouter, ...]:
    """All doors."""
    return (
        auth.router(units),
        account.router(units),
        settings.router(units),
        relationships.router(units),
        users.router(units),
        harvests.router(units, public_url),
        applications.router(units),
        stream_keys.router(units),
    )
