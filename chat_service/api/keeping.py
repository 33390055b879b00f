"""What people keep for themselves: recent mentions, and messages they have saved."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import Field

from chassis.http import answer, nothing
from chassis.identity import Person
from chat_service.actions import keeping, mentioned
from chat_service.actions.chat import Chat
from chat_service.actions.mentioned import NEWEST, Wanted
from contracts import limits
from contracts.ids import ChannelId, GuildId, MessageId
from contracts.wire import Form, timestamp

SavedLimit = Annotated[int, Query(ge=1, le=limits.SAVED_PAGE_MAX)]


class Mentions(Form):
    """Which mentions a query asks for."""

    before: MessageId | None = None
    limit: Annotated[int, Field(ge=1, le=limits.MENTIONS_PAGE_MAX)] = 25
    guild_id: GuildId | None = None
    roles: bool = True
    everyone: bool = True

    def wanted(self) -> Wanted:
        """The same, as the domain says it."""
        return Wanted(
            below=NEWEST if self.before is None else int(self.before),
            limit=self.limit,
            guild_id=None if self.guild_id is None else int(self.guild_id),
            roles=self.roles,
            everyone=self.everyone,
        )


class KeepingDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def mentions(self, actor: Person, query: Annotated[Mentions, Query()]) -> Response:
        """Where one was mentioned lately."""
        return answer(await mentioned.page(self._chat, actor, query.wanted()))

    async def hide(self, message_id: MessageId, actor: Person) -> Response:
        """Take one out of the list."""
        await mentioned.hide(self._chat, actor, message_id)
        return nothing()

    async def saved(
        self,
        actor: Person,
        before: datetime | None = None,
        limit: SavedLimit = limits.SAVED_PAGE_MAX,
    ) -> Response:
        """What one has saved."""
        found, has_more = await keeping.page(self._chat, actor, before=before, limit=limit)
        items = [{"saved_at": timestamp(one.at), "message": one.message.dump()} for one in found]
        body = orjson.dumps({"saved_messages": items, "has_more": has_more})
        return Response(body, media_type="application/json")

    async def save(self, channel_id: ChannelId, message_id: MessageId, actor: Person) -> Response:
        """Save one."""
        await keeping.save(self._chat, actor, channel_id, message_id)
        return nothing()

    async def unsave(self, channel_id: ChannelId, message_id: MessageId, actor: Person) -> Response:
        """Save it no longer."""
        await keeping.unsave(self._chat, actor, channel_id, message_id)
        return nothing()


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = KeepingDoor(chat), APIRouter()
    routes.get("/users/@me/mentions")(door.mentions)
    routes.delete("/users/@me/mentions/{message_id}")(door.hide)
    routes.get("/users/@me/saved-messages")(door.saved)
    routes.put("/users/@me/saved-messages/{channel_id}/{message_id}")(door.save)
    routes.delete("/users/@me/saved-messages/{channel_id}/{message_id}")(door.unsave)
    return routes
