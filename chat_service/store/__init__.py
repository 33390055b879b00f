"""Every SQL statement of chat_service."""

from chat_service.store import (
    conversations,
    files,
    finding,
    hearing,
    indexing,
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
    "finding",
    "hearing",
    "indexing",
    "mentions",
    "messages",
    "reactions",
    "reading",
    "removals",
    "thread_members",
    "threads",
    "writing",
]
