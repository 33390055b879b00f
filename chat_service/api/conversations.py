"""Conversations: opened, listed, and who is in them. What is said there goes by the same routes as
in guilds; `/channels/{id}` itself is asked for by community_service.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from chassis.http import answer, nothing
from chassis.identity import Actor, Person
from chat_service.actions import conversations
from chat_service.actions.chat import Chat
from contracts.errors import DomainError, ErrorCode
from contracts.ids import ChannelId, UserId
from contracts.wire import Form

_AT_ONCE = 50


class NewConversation(Form):
    """With one person, or with several. Bots speak with one at a time."""

    recipient_id: UserId | None = None
    recipients: Annotated[tuple[UserId, ...], Field(max_length=_AT_ONCE)] | None = None


class ConversationsDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def open(self, form: NewConversation, actor: Actor) -> Response:
        """The conversation with one, or a new group."""
        people = {int(one) for one in form.recipients or ()} - {int(actor.user_id)}
        if form.recipient_id is not None:
            people = {int(form.recipient_id)}
        if len(people) == 1:
            return answer(await conversations.open_pair(self._chat, actor, people.pop()))
        if actor.is_bot or form.recipients is None:
            raise DomainError(ErrorCode.INVALID_RECIPIENTS)
        return answer(await conversations.open_group(self._chat, actor, people))

    async def listed(self, actor: Actor) -> Response:
        """Those that are open, the liveliest first."""
        return answer(await conversations.listed(self._chat, actor.user_id))

    async def add(self, channel_id: ChannelId, user_id: UserId, actor: Person) -> Response:
        """Take somebody into a group."""
        await conversations.add(self._chat, actor, channel_id, user_id)
        return nothing()

    async def remove(self, channel_id: ChannelId, user_id: UserId, actor: Person) -> Response:
        """Leave, or remove somebody."""
        await conversations.remove(self._chat, actor, channel_id, user_id)
        return nothing()

    async def accept(self, channel_id: ChannelId, actor: Person) -> Response:
        """A stranger is welcome."""
        return answer(await conversations.accept(self._chat, actor, channel_id))

    async def refuse(self, channel_id: ChannelId, actor: Person) -> Response:
        """A stranger is not."""
        return answer(await conversations.close(self._chat, actor, channel_id))


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = ConversationsDoor(chat), APIRouter()
    routes.post("/users/@me/channels")(door.open)
    routes.get("/users/@me/channels")(door.listed)
    routes.put("/channels/{channel_id}/recipients/@me")(door.accept)
    routes.delete("/channels/{channel_id}/recipients/@me")(door.refuse)
    routes.put("/channels/{channel_id}/recipients/{user_id}")(door.add)
    routes.delete("/channels/{channel_id}/recipients/{user_id}")(door.remove)
    return routes
