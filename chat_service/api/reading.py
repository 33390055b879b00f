"""Read markers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field
from starlette.responses import JSONResponse

from chassis.http import nothing
from chassis.identity import Person
from chat_service.actions import reading
from chat_service.actions.chat import Chat
from chat_service.actions.reading import Read
from contracts.ids import ChannelId, GuildId, MessageId
from contracts.wire import Form

_AT_ONCE = 100


class Ack(Form):
    """Read up to the message in the path. What clients count themselves is passed over."""

    token: Any = None
    manual: bool | None = None


class OneRead(Form):
    """Read up to here."""

    channel_id: ChannelId
    message_id: MessageId


class ManyRead(Form):
    """Many channels."""

    read_states: Annotated[tuple[OneRead, ...], Field(max_length=_AT_ONCE)]


class ReadingDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def ack(
        self, channel_id: ChannelId, message_id: MessageId, form: Ack, actor: Person
    ) -> Response:
        """Read up to this message."""
        read = Read(channel_id, message_id, is_manual=bool(form.manual))
        await reading.ack(self._chat, actor, read)
        return JSONResponse({"token": None})

    async def ack_all(self, form: ManyRead, actor: Person) -> Response:
        """Read many channels."""
        reads = [Read(one.channel_id, one.message_id) for one in form.read_states]
        await reading.ack_all(self._chat, actor, reads)
        return nothing()

    async def ack_guild(self, guild_id: GuildId, actor: Person) -> Response:
        """All of a guild."""
        await reading.ack_guild(self._chat, actor, guild_id)
        return nothing()

    async def forget(self, channel_id: ChannelId, actor: Person) -> Response:
        """As if one had never read there."""
        await reading.forget(self._chat, actor, channel_id)
        return nothing()

    async def ack_pins(self, channel_id: ChannelId, actor: Person) -> Response:
        """What is pinned was seen."""
        await reading.ack_pins(self._chat, actor, channel_id)
        return nothing()


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = ReadingDoor(chat), APIRouter()
    routes.post("/channels/{channel_id}/messages/{message_id}/ack")(door.ack)
    routes.post("/read-states/ack-bulk")(door.ack_all)
    routes.post("/guilds/{guild_id}/ack")(door.ack_guild)
    routes.delete("/channels/{channel_id}/messages/ack")(door.forget)
    routes.post("/channels/{channel_id}/pins/ack")(door.ack_pins)
    return routes
