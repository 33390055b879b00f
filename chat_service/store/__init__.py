"""Every SQL statement of chat_service."""

from chat_service.store import (
    conversations,
    files,
    hearing,
    mentions,
    messages,
    reactions,
    reading,
    removals,
    thread_members,
    threads,
    writing,
)

__all__ = [
    "conversations",
    "files",
    "hearing",
    "mentions",
    "messages",
    "reactions",
    "reading",
    "removals",
    "thread_members",
    "threads",
    "writing",
]
