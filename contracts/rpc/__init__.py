"""Every call between services, declared once. Importing this package fills the registry."""

from contracts.rpc import (
    chat,
    community,
    edge,
    media,
    media_news,
    media_recording,
    media_stats,
    notification,
    presence,
    signaling,
    users,
)
from contracts.rpc.base import REGISTRY, Ask, Call, Cast, Done

__all__ = [
    "REGISTRY",
    "Ask",
    "Call",
    "Cast",
    "Done",
    "chat",
    "community",
    "edge",
    "media",
    "media_news",
    "media_recording",
    "media_stats",
    "notification",
    "presence",
    "signaling",
    "users",
]
