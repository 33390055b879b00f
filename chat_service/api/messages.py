"""`/channels/{id}/messages`: the hot routes, outside FastAPI. Parse, one action, answer."""

from __future__ import annotations

from functools import lru_cache, partial
from urllib.parse import parse_qsl

from chassis.hot import Begun, HotHandler, HotRoutes
from chassis.openapi import Described
from chat_service.actions import composing, showing
from chat_service.actions.chat import Chat
from chat_service.api.shapes import MessageChanges, NewMessage, new_message
from contracts.errors import ErrorCode, NotFound
from contracts.identity import Identity
from contracts.ids import ChannelId, MessageId

DESCRIBED = (
    Described("POST", "/channels/{channel_id}/messages", "Say something.", NewMessage),
    Described(
        "GET",
        "/channels/{channel_id}/messages",
        "A page of what was said.",
        query=("around", "before", "after", "limit"),
    ),
    Described("GET", "/channels/{channel_id}/messages/{message_id}", "One message."),
    Described(
        "PATCH",
        "/channels/{channel_id}/messages/{message_id}",
        "Other words, other files. What is absent stays; null empties.",
        MessageChanges,
    ),
)
"""What FastAPI can not say of these routes."""
_NO_MESSAGES = frozenset({"pins", "search"})


def hot_routes(chat: Chat) -> HotRoutes:
    """The routes of this file, matched by hand."""
    return partial(_match, chat)


def _match(chat: Chat, method: str, path: str, query: bytes) -> HotHandler | None:
    steps = path.split("/")
    if len(steps) not in (4, 5) or steps[1] != "channels" or steps[3] != "messages":
        return None
    match method, len(steps):
        case "POST", 4:
            return partial(_create, chat, steps[2])
        case "GET", 4:
            return partial(_page, chat, steps[2], query)
        case "GET", 5 if steps[4] not in _NO_MESSAGES:
            return partial(_get, chat, steps[2], steps[4])
        case _:
            return None


def _create(chat: Chat, channel: str, actor: Identity, body: bytes) -> Begun:
    draft, channel_id = new_message(body), _channel(channel)
    begun = composing.create(chat, actor, channel_id, draft)
    return composing.send(chat, actor, channel_id, draft) if begun is None else begun


def _page(chat: Chat, channel: str, query: bytes, actor: Identity, body: bytes) -> Begun:
    del body
    asked = dict(parse_qsl(query.decode("latin-1")))
    return showing.page(chat, actor, _channel(channel), asked)


def _get(chat: Chat, channel: str, message: str, actor: Identity, body: bytes) -> Begun:
    del body
    try:
        message_id = MessageId.parse(message)
    except ValueError:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE) from None
    return showing.one(chat, actor, _channel(channel), message_id)


@lru_cache(4_096)
def _channel(text: str) -> ChannelId:
    try:
        return ChannelId.parse(text)
    except ValueError:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL) from None
