"""Checking in, and the report for organisers."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from chassis.http import answer, nothing
from chassis.identity import Actor, Person
from chat_service.actions import attendance
from chat_service.actions.chat import Chat
from chat_service.domain.attendance import sheet
from contracts.ids import ChannelId, MessageId


class AttendanceDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def check_in(
        self, channel_id: ChannelId, message_id: MessageId, actor: Person
    ) -> Response:
        """Be there."""
        await attendance.check_in(self._chat, actor, channel_id, message_id)
        return nothing()

    async def report(
        self,
        channel_id: ChannelId,
        message_id: MessageId,
        actor: Actor,
        *,
        format: Literal["json", "csv"] = "json",  # noqa: A002
    ) -> Response:
        """Who was there."""
        found = await attendance.report(self._chat, actor, channel_id, message_id)
        if format == "json":
            return answer(found)
        named = {"Content-Disposition": f'attachment; filename="attendance-{message_id}.csv"'}
        return Response(sheet(found), media_type="text/csv", headers=named)


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door = AttendanceDoor(chat)
    routes = APIRouter(prefix="/channels/{channel_id}/messages/{message_id}")
    routes.put("/check-in")(door.check_in)
    routes.get("/check-ins")(door.report)
    return routes
