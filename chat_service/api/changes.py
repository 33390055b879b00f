"""Messages are edited and deleted, pinned and unpinned; somebody types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.responses import JSONResponse

from chassis.http import nothing
from chassis.identity import Actor
from chat_service.actions import attaching, changing, pins
from chat_service.actions.changing import Changes
from chat_service.actions.chat import Chat
from chat_service.actions.typing import Typing
from chat_service.api import uploads
from chat_service.api.shapes import MessageChanges
from chat_service.domain.attachments import Received
from contracts import limits
from contracts.ids import ChannelId, MessageId
from contracts.permissions import Permission
from contracts.wire import Form

_JSON = "application/json"
PinsLimit = Annotated[int, Query(ge=1, le=limits.PINS_PAGE_MAX)]


class BulkDelete(Form):
    """Which messages. How many there may be is told by a code of its own."""

    messages: Annotated[tuple[MessageId, ...], Field(max_length=1_000)]


def changes_of(form: MessageChanges, files: Sequence[Received] = ()) -> Changes:
    """What an edit sets, and the files that came with it."""
    sent = form.model_fields_set
    described = form.described()
    return Changes(
        content=(form.content or "") if "content" in sent else None,
        embeds=form.kept_embeds() if "embeds" in sent else None,
        components=form.kept_components(form.flags or 0) if "components" in sent else None,
        flags=form.flags,
        allowed=form.allowed(),
        received=files,
        described=described or [] if "attachments" in sent else None,
    )


class ChangesDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._typing = Typing(chat)

    async def edit(
        self, channel_id: ChannelId, message_id: MessageId, request: Request, actor: Actor
    ) -> Response:
        """Other words, other files. What is absent stays; null empties."""
        if uploads.has_files(request):
            needs = Permission.VIEW_CHANNEL
            await attaching.welcome(self._chat, actor, channel_id, needs)
        async with uploads.received(self._chat, request, actor, channel_id) as sent:
            changes = changes_of(uploads.read(MessageChanges, sent.body), sent.files)
            body = await changing.edit(self._chat, actor, channel_id, message_id, changes)
        return Response(body, media_type=_JSON)

    async def delete(self, channel_id: ChannelId, message_id: MessageId, actor: Actor) -> Response:
        """Away with one."""
        await changing.delete(self._chat, actor, channel_id, message_id)
        return nothing()

    async def delete_many(self, channel_id: ChannelId, form: BulkDelete, actor: Actor) -> Response:
        """Away with many."""
        await changing.delete_many(self._chat, actor, channel_id, form.messages)
        return nothing()

    async def pins(
        self,
        channel_id: ChannelId,
        actor: Actor,
        before: datetime | None = None,
        limit: PinsLimit = limits.PINS_PAGE_MAX,
    ) -> Response:
        """What is pinned, newest pin first."""
        found = await pins.page(self._chat, actor, channel_id, before=before, limit=limit)
        return JSONResponse(found)

    async def newest_pins(self, channel_id: ChannelId, actor: Actor) -> Response:
        """The newest pins, as older libraries ask for them."""
        return Response(await pins.newest(self._chat, actor, channel_id), media_type=_JSON)

    async def pin(self, channel_id: ChannelId, message_id: MessageId, actor: Actor) -> Response:
        """Pin."""
        await pins.pin(self._chat, actor, channel_id, message_id)
        return nothing()

    async def unpin(self, channel_id: ChannelId, message_id: MessageId, actor: Actor) -> Response:
        """Unpin."""
        await pins.unpin(self._chat, actor, channel_id, message_id)
        return nothing()

    async def type(self, channel_id: ChannelId, actor: Actor) -> Response:
        """Somebody types."""
        await self._typing.start(actor, channel_id)
        return nothing()


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = ChangesDoor(chat), APIRouter()
    routes.get("/channels/{channel_id}/messages/pins")(door.pins)
    routes.put("/channels/{channel_id}/messages/pins/{message_id}")(door.pin)
    routes.delete("/channels/{channel_id}/messages/pins/{message_id}")(door.unpin)
    routes.get("/channels/{channel_id}/pins")(door.newest_pins)
    routes.put("/channels/{channel_id}/pins/{message_id}")(door.pin)
    routes.delete("/channels/{channel_id}/pins/{message_id}")(door.unpin)
    routes.post("/channels/{channel_id}/messages/bulk-delete")(door.delete_many)
    routes.patch("/channels/{channel_id}/messages/{message_id}", include_in_schema=False)(door.edit)
    routes.delete("/channels/{channel_id}/messages/{message_id}")(door.delete)
    routes.post("/channels/{channel_id}/typing")(door.type)
    return routes
