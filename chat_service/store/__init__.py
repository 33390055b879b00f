"""Every SQL statement of chat_service."""

from chat_service.store import (
    conversations,
    mentions,
    messages,
    reactions,
    reading,
    removals,
    writing,
)

__all__ = [
    "conversations",
    "mentions",
    "messages",
    "reactions",
    "reading",
    "removals",
    "writing",
]
