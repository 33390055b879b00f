"""Applications answer interactions: first at `/interactions/{id}/{token}/callback`, then as if
through a webhook of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import Field

from chassis.http import nothing
from chassis.identity import Anyone
from chat_service.actions import answering
from chat_service.actions.answering import Answer, Said
from chat_service.actions.chat import Chat
from chat_service.api import uploads
from chat_service.api.changes import changes_of
from chat_service.api.shapes import MessageChanges, NewMessage
from chat_service.domain.attachments import Received
from chat_service.domain.commands import Choice
from chat_service.domain.interactions import EPHEMERAL, Interaction
from contracts import limits
from contracts.errors import ErrorCode, NotFound, Unauthorized
from contracts.identity import Identity, Kind
from contracts.ids import InteractionId, WebhookId
from contracts.objects.interaction import CallbackType
from contracts.wire import JSON, Form

_JSON = "application/json"


class Callback(Form):
    """The first answer."""

    type: CallbackType
    data: dict[str, Any] | None = None

    def body(self) -> bytes:
        """What it says, for a form of its own."""
        return orjson.dumps(self.data or {})


class Proposals(Form):
    """What is proposed while somebody types."""

    choices: Annotated[tuple[Choice, ...], Field(max_length=limits.COMMAND_CHOICES)]


class AnswersDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def callback(
        self,
        interaction_id: InteractionId,
        request: Request,
        *,
        actor: Anyone,
        with_response: bool = False,
    ) -> Response:
        """The first answer, within three seconds."""
        asked = await answering.opened(self._chat, actor, interaction_id)
        async with uploads.received(self._chat, request, actor, asked.channel_id) as sent:
            form = uploads.read(Callback, sent.body)
            if form.type is CallbackType.PONG:
                return nothing()
            answering.require_answerable(self._chat, asked, form.type)
            answer = await self._answered(asked, form, sent.files)
        return Response(_told(answer), media_type=_JSON) if with_response else nothing()

    async def _answered(
        self, asked: Interaction, form: Callback, files: Sequence[Received]
    ) -> Answer:
        chat = self._chat
        match form.type:
            case CallbackType.MESSAGE:
                return await answering.say(chat, asked, _said(form.body(), files))
            case CallbackType.DEFERRED_MESSAGE:
                flags = uploads.read(MessageChanges, form.body()).flags or 0
                whispers = bool(flags & EPHEMERAL)
                return await answering.promise(chat, asked, is_whisper=whispers)
            case CallbackType.UPDATE:
                changes = changes_of(uploads.read(MessageChanges, form.body()), files)
                return await answering.update(chat, asked, changes)
            case CallbackType.AUTOCOMPLETE:
                choices = uploads.read(Proposals, form.body()).choices
                return await answering.propose(chat, asked, [one.kept() for one in choices])
            case CallbackType.MODAL:
                return await answering.ask_back(chat, asked, form.data or {})
            case _:
                return await answering.acknowledge(chat, asked)

    async def follow_up(self, owner_id: int, request: Request, actor: Identity) -> Response:
        """More to say."""
        asked = await answering.opened(self._chat, actor, owner_id)
        async with uploads.received(self._chat, request, actor, asked.channel_id) as sent:
            said = _said(sent.body, sent.files)
            body = await answering.follow_up(self._chat, asked, said)
        return Response(body, media_type=_JSON)

    async def get(self, owner_id: int, message: str, actor: Identity) -> Response:
        """What it has said."""
        asked = await answering.opened(self._chat, actor, owner_id)
        return Response(await answering.get(self._chat, asked, message), media_type=_JSON)

    async def edit(
        self, owner_id: int, message: str, request: Request, actor: Identity
    ) -> Response:
        """Something else instead."""
        asked = await answering.opened(self._chat, actor, owner_id)
        async with uploads.received(self._chat, request, actor, asked.channel_id) as sent:
            changes = changes_of(uploads.read(MessageChanges, sent.body), sent.files)
            body = await answering.edit(self._chat, asked, message, changes)
        return Response(body, media_type=_JSON)

    async def delete(self, owner_id: int, message: str, actor: Identity) -> Response:
        """Away with it."""
        asked = await answering.opened(self._chat, actor, owner_id)
        await answering.delete(self._chat, asked, message)
        return nothing()

    async def get_original(self, webhook_id: WebhookId, actor: Anyone) -> Response:
        """The first answer. Only an interaction has one."""
        _require_interaction(actor)
        return await self.get(webhook_id, answering.ORIGINAL, actor)

    async def edit_original(
        self, webhook_id: WebhookId, request: Request, actor: Anyone
    ) -> Response:
        """Something else instead of it."""
        _require_interaction(actor)
        return await self.edit(webhook_id, answering.ORIGINAL, request, actor)

    async def delete_original(self, webhook_id: WebhookId, actor: Anyone) -> Response:
        """Away with it."""
        _require_interaction(actor)
        return await self.delete(webhook_id, answering.ORIGINAL, actor)


def _require_interaction(actor: Identity) -> None:
    if actor.kind is Kind.WEBHOOK:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    if actor.kind is not Kind.INTERACTION:
        raise Unauthorized(ErrorCode.INVALID_WEBHOOK_TOKEN)


def _said(body: bytes, files: Sequence[Received]) -> Said:
    form = uploads.read(NewMessage, body)
    whispers = bool((form.flags or 0) & EPHEMERAL)
    return Said(form.draft(files), whispers, changes_of(form, files))


def _told(answer: Answer) -> bytes:
    asked, is_promise = answer.interaction, answer.kind is CallbackType.DEFERRED_MESSAGE
    told: JSON = {"id": str(asked.id), "type": int(asked.type), "channel_id": str(asked.channel_id)}
    if asked.guild_id is not None:
        told["guild_id"] = str(asked.guild_id)
    if answer.message_id is None:
        return orjson.dumps({"interaction": told})
    told["response_message_id"] = str(answer.message_id)
    told["response_message_ephemeral"] = answer.is_whisper
    told["response_message_loading"] = is_promise
    kind = CallbackType.MESSAGE if is_promise else answer.kind
    message = orjson.Fragment(answer.message or b"null")
    return orjson.dumps({"interaction": told, "resource": {"type": int(kind), "message": message}})


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = AnswersDoor(chat), APIRouter()
    routes.post("/interactions/{interaction_id}/{interaction_token}/callback")(door.callback)
    routes.get("/webhooks/{webhook_id}/{token}/messages/@original")(door.get_original)
    routes.patch("/webhooks/{webhook_id}/{token}/messages/@original")(door.edit_original)
    routes.delete("/webhooks/{webhook_id}/{token}/messages/@original")(door.delete_original)
    return routes
