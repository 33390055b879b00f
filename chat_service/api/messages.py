"""`/channels/{id}/messages`: the hot routes, outside FastAPI. Parse, one action, answer."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import Field, ValidationError

from chassis.errors import invalid_form
from chassis.hot import Begun, HotHandler, HotRoutes
from chassis.openapi import Described
from chat_service.actions import messages
from chat_service.tools import Chat
from chat_service.views import Said
from contracts import limits
from contracts.errors import ErrorCode, Invalid, NotFound
from contracts.identity import Identity
from contracts.ids import ChannelId, MessageId
from contracts.wire import Form, Text

_SUPPRESSIBLE = (1 << 2) | (1 << 12)
"""Flags that a sender may set: no embeds, no notification."""

_Number = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)]
"""As large as JSON is written here."""


class NewMessage(Form):
    """The body of a send."""

    content: str | None = None
    nonce: Text | _Number | None = Field(None, union_mode="left_to_right")
    flags: int | None = Field(None, ge=0, lt=1 << 31)


DESCRIBED = (
    Described("POST", "/channels/{channel_id}/messages", "Say something.", NewMessage),
    Described(
        "GET",
        "/channels/{channel_id}/messages",
        "A page of what was said.",
        query=("around", "before", "after", "limit"),
    ),
    Described("GET", "/channels/{channel_id}/messages/{message_id}", "One message."),
)
"""What FastAPI can not say of these routes."""


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
        case "GET", 5:
            return partial(_get, chat, steps[2], steps[4])
        case _:
            return None


def _create(chat: Chat, channel: str, actor: Identity, body: bytes) -> Begun:
    try:
        form = NewMessage.model_validate_json(body)
    except ValidationError as error:
        raise invalid_form(error.errors()) from None
    if form.nonce is not None and len(str(form.nonce)) > limits.NONCE:
        text = f"Must be {limits.NONCE} or fewer in length."
        raise Invalid({"nonce": ("BASE_TYPE_MAX_LENGTH", text)})
    said = Said(form.content or "", form.nonce, (form.flags or 0) & _SUPPRESSIBLE)
    return messages.create(chat, actor, _channel(channel), said)


def _page(chat: Chat, channel: str, query: bytes, actor: Identity, body: bytes) -> Begun:
    del body
    asked = dict(parse_qsl(query.decode("latin-1")))
    return messages.page(chat, actor, _channel(channel), asked)


def _get(chat: Chat, channel: str, message: str, actor: Identity, body: bytes) -> Begun:
    del body
    try:
        message_id = MessageId.parse(message)
    except ValueError:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE) from None
    return messages.get(chat, actor, _channel(channel), message_id)


def _channel(text: str) -> ChannelId:
    try:
        return ChannelId.parse(text)
    except ValueError:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL) from None
