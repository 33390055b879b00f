"""Every SQL statement of chat_service."""

from chat_service.store import (
    attendance,
    commands,
    conversations,
    files,
    finding,
    hearing,
    indexing,
    mentions,
    messages,
    polls,
    reactions,
    reading,
    removals,
    thread_members,
    threads,
    writing,
)

__all__ = [
    "attendance",
    "commands",
    "conversations",
    "files",
    "finding",
    "hearing",
    "indexing",
    "mentions",
    "messages",
    "polls",
    "reactions",
    "reading",
    "removals",
    "thread_members",
    "threads",
    "writing",
]
