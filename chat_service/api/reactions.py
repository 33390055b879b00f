"""Reactions to messages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.http import answer, nothing
from chassis.identity import Actor
from chat_service.actions import reactions
from chat_service.actions.chat import Chat
from contracts import limits
from contracts.ids import ChannelId, MessageId, UserId

_PAGE = 25
_FIRST = UserId(0)
Limit = Annotated[int, Query(ge=1, le=limits.REACTIONS_PAGE_MAX)]


class ReactionsDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def add(
        self, channel_id: ChannelId, message_id: MessageId, emoji: str, actor: Actor
    ) -> Response:
        """React."""
        await reactions.add(self._chat, actor, channel_id, message_id, emoji)
        return nothing()

    async def remove_mine(
        self, channel_id: ChannelId, message_id: MessageId, emoji: str, actor: Actor
    ) -> Response:
        """Take it back."""
        return await self.remove(channel_id, message_id, emoji, actor.user_id, actor)

    async def remove(
        self,
        channel_id: ChannelId,
        message_id: MessageId,
        emoji: str,
        user_id: UserId,
        actor: Actor,
    ) -> Response:
        """Take another's away."""
        await reactions.remove(self._chat, actor, channel_id, message_id, emoji, user_id)
        return nothing()

    async def clear(self, channel_id: ChannelId, message_id: MessageId, actor: Actor) -> Response:
        """Take all away."""
        await reactions.clear(self._chat, actor, channel_id, message_id)
        return nothing()

    async def clear_kind(
        self, channel_id: ChannelId, message_id: MessageId, emoji: str, actor: Actor
    ) -> Response:
        """Take all with one emoji away."""
        await reactions.clear_kind(self._chat, actor, channel_id, message_id, emoji)
        return nothing()

    async def who(
        self,
        channel_id: ChannelId,
        message_id: MessageId,
        emoji: str,
        actor: Actor,
        *,
        after: UserId = _FIRST,
        limit: Limit = _PAGE,
    ) -> Response:
        """Those who reacted."""
        found = await reactions.who(
            self._chat, actor, channel_id, message_id, emoji, after=after, limit=limit
        )
        return answer(found)


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door = ReactionsDoor(chat)
    routes = APIRouter(prefix="/channels/{channel_id}/messages/{message_id}/reactions")
    routes.put("/{emoji}/@me")(door.add)
    routes.delete("/{emoji}/@me")(door.remove_mine)
    routes.delete("/{emoji}/{user_id}")(door.remove)
    routes.delete("/{emoji}")(door.clear_kind)
    routes.get("/{emoji}")(door.who)
    routes.delete("")(door.clear)
    return routes
