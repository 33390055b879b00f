"""What HTTP may ask of chat_service."""

from fastapi import APIRouter

from chat_service.actions.chat import Chat
from chat_service.api import (
    answers,
    asks,
    attachments,
    attendance,
    changes,
    commands,
    conversations,
    finding,
    keeping,
    polls,
    reactions,
    reading,
    spoken,
    threads,
    webhooks,
)


def routers(chat: Chat) -> list[APIRouter]:
    """Everything but the hot routes, which are matched by hand."""
    doors = (
        *(finding, reading, attachments, changes, reactions, polls, attendance),
        *(conversations, keeping, threads, answers, webhooks),
        *(commands, asks, spoken),
    )
    return [door.router(chat) for door in doors]
