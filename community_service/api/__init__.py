"""What HTTP may ask of community_service."""

from __future__ import annotations

from fastapi import APIRouter

from community_service.api import (
    arrangement,
    audit,
    automod,
    bans,
    bots,
    channels,
    discovery,
    emojis,
    founding,
    guilds,
    invites,
    members,
    overwrites,
    prunes,
    roles,
    scheduled_events,
    webhooks,
)
from community_service.tools import Units


def routers(units: Units) -> tuple[APIRouter, ...]:
    """All doors."""
    return (
        founding.router(units),
        guilds.router(units),
        members.router(units),
        roles.router(units),
        channels.router(units),
        arrangement.router(units),
        overwrites.router(units),
        invites.router(units),
        bots.router(units),
        webhooks.router(units),
        discovery.router(units),
        emojis.router(units),
        audit.router(units),
        automod.router(units),
        bans.router(units),
        prunes.router(units),
        scheduled_events.router(units),
    )
