"""Messages with files, files that are sent ahead, and links to files anew."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from chassis.http import allow_body, nothing
from chassis.identity import Actor
from chat_service.actions import attaching, composing, messages, uploading
from chat_service.actions.attaching import Announced
from chat_service.actions.chat import Chat
from chat_service.api import uploads
from chat_service.api.shapes import NewMessage
from contracts import limits
from contracts.attachments import Place
from contracts.errors import DomainError, ErrorCode
from contracts.identity import NOBODY
from contracts.ids import ChannelId
from contracts.wire import Form, Text

_JSON = "application/json"


class FileAhead(Form):
    """A file that will be sent."""

    id: Text | int = Field("0", union_mode="left_to_right")
    filename: Annotated[Text, Field(max_length=1_024)]
    file_size: Annotated[int, Field(ge=1, lt=1 << 40)]


class FilesAhead(Form):
    """Several."""

    files: Annotated[tuple[FileAhead, ...], Field(min_length=1, max_length=limits.ATTACHMENTS)]


class Urls(Form):
    """Links that have expired, or will."""

    attachment_urls: Annotated[
        tuple[Annotated[Text, Field(max_length=2_048)], ...],
        Field(max_length=limits.REFRESHED_AT_ONCE),
    ]


class AttachmentsDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def create(self, channel_id: ChannelId, request: Request, actor: Actor) -> Response:
        """Say something, with files. What comes without any is served by a hot route."""
        if uploads.has_files(request):
            await attaching.welcome(self._chat, actor, channel_id, messages.SENDING)
        async with uploads.received(self._chat, request, actor, channel_id) as sent:
            draft = uploads.read(NewMessage, sent.body).draft(sent.files)
            body = await composing.send(self._chat, actor, channel_id, draft)
        return Response(body, media_type=_JSON)

    async def announce(self, channel_id: ChannelId, form: FilesAhead, actor: Actor) -> Response:
        """Links to send files to before the message that will hold them."""
        announced = [Announced(str(one.id), one.filename, one.file_size) for one in form.files]
        ahead = await attaching.ahead(self._chat, actor, channel_id, announced)
        return JSONResponse({"attachments": [asdict(one) for one in ahead]})

    async def fill(
        self, channel_id: int, file_id: int, filename: str, request: Request
    ) -> Response:
        """The file itself, by whoever has the link."""
        place = Place(channel_id, file_id, filename)
        attaching.require_open(self._chat, place, dict(request.query_params))
        allow_body(request, self._chat.files.largest)
        try:
            with self._chat.files.coming():
                await uploading.fill(self._chat, NOBODY, place, request.stream())
        except ClientDisconnect:
            raise DomainError(ErrorCode.GENERAL) from None
        return Response()

    async def forsake(self, file_id: str, filename: str, actor: Actor) -> Response:
        """A file that was sent ahead is not wanted."""
        await attaching.forsake(self._chat, actor, f"{file_id}/{filename}")
        return nothing()

    async def refresh(self, form: Urls, actor: Actor) -> Response:
        """The same files by links that open them for another day."""
        urls = form.attachment_urls
        fresh = await attaching.refreshed(self._chat, actor, urls)
        pairs = zip(urls, fresh, strict=True)
        return JSONResponse({"refreshed_urls": [{"original": a, "refreshed": b} for a, b in pairs]})


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = AttachmentsDoor(chat), APIRouter()
    routes.post("/channels/{channel_id}/messages", include_in_schema=False)(door.create)
    routes.post("/channels/{channel_id}/attachments")(door.announce)
    routes.post("/attachments/refresh-urls")(door.refresh)
    routes.delete("/attachments/{file_id}/{filename}")(door.forsake)
    routes.put("/uploads/{channel_id}/{file_id}/{filename}")(door.fill)
    return routes
