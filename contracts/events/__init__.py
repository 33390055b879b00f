"""Every event, declared once. Importing this package fills the registry."""

from contracts.events import (
    channel,
    guild,
    invite,
    member,
    message,
    presence,
    role,
    session,
    user,
    webhook,
)
from contracts.events.base import REGISTRY, Event, Header, Route, open_as, pack, unpack

__all__ = [
    "REGISTRY",
    "Event",
    "Header",
    "Route",
    "channel",
    "guild",
    "invite",
    "member",
    "message",
    "open_as",
    "pack",
    "presence",
    "role",
    "session",
    "unpack",
    "user",
    "webhook",
]
