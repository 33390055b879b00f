"""People ask applications: what there is to ask for, and `POST /interactions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints
from starlette.responses import JSONResponse

from chassis.http import nothing
from chassis.identity import Person
from chat_service import offers
from chat_service.actions import asking, offering
from chat_service.actions.asking import Wish
from chat_service.actions.chat import Chat
from chat_service.actions.offering import Index
from chat_service.actions.venues import enter
from chat_service.api import uploads
from chat_service.api.shapes import Attachments
from chat_service.domain.attachments import Wanted, numbered
from contracts import limits
from contracts.ids import ApplicationId, ChannelId, GuildId, MessageId
from contracts.objects.interaction import InteractionType
from contracts.wire import JSON, KEPT, Form

_Nonce = Annotated[str, StringConstraints(max_length=limits.NONCE), KEPT]


class NewInteraction(Form):
    """What is asked for."""

    type: InteractionType
    application_id: ApplicationId
    channel_id: ChannelId
    guild_id: GuildId | None = None
    message_id: MessageId | None = None
    session_id: str | None = None
    data: dict[str, Any]
    nonce: _Nonce | Annotated[int, Field(ge=0, lt=1 << 63)] | None = None

    def wish(self, files: Mapping[int, Wanted]) -> Wish:
        """The same for the action."""
        return Wish(
            self.type,
            int(self.application_id),
            int(self.channel_id),
            self.data,
            None if self.nonce is None else str(self.nonce),
            None if self.message_id is None else int(self.message_id),
            files,
        )


class _Data(Form):
    attachments: Attachments | None = None


class _Files(Form):
    """What is said of files beside them."""

    data: _Data


class AsksDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def ask(self, request: Request, actor: Person) -> Response:
        """A command, a press, a form. Its files lie under who sends them."""
        async with uploads.received(self._chat, request, actor, int(actor.user_id)) as sent:
            form = uploads.read(NewInteraction, sent.body)
            described = uploads.read(_Files, sent.body).data.attachments or ()
            files = numbered(sent.files, [one.described() for one in described])
            await asking.ask(self._chat, actor, form.wish(files))
        return nothing()

    async def in_guild(self, guild_id: GuildId, actor: Person) -> Response:
        """What one may use in a guild."""
        return _shown(await offering.of_guild(self._chat, actor, int(guild_id)))

    async def in_channel(self, channel_id: ChannelId, actor: Person) -> Response:
        """What one may use in a channel or a conversation."""
        venue = await enter(self._chat, actor, channel_id)
        return _shown(await offering.of_place(self._chat, actor, venue))


def _shown(index: Index) -> Response:
    ids = sorted({one.application_id for one in index.commands})
    version = max((one.version for one in index.commands), default=0)
    shown: JSON = {
        "applications": [offers.application(one, index.bots.get(one)) for one in ids],
        "application_commands": [offers.command(one).dump() for one in index.commands],
        "version": str(version),
    }
    return JSONResponse(shown)


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = AsksDoor(chat), APIRouter()
    routes.post("/interactions")(door.ask)
    routes.get("/guilds/{guild_id}/application-command-index")(door.in_guild)
    routes.get("/channels/{channel_id}/application-command-index")(door.in_channel)
    return routes
