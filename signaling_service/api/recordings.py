"""Recordings: begun and ended. Which there are is known to chat_service."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from chassis.http import answer, nothing
from chassis.identity import Actor
from contracts.ids import ChannelId, Snowflake
from signaling_service.actions import recording
from signaling_service.tools import Tools


class RecordingsDoor:
    """The handlers."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def begin(self, channel_id: ChannelId, actor: Actor) -> Response:
        """Have a voice channel recorded."""
        return answer(await recording.begin(self._tools, actor.user_id, channel_id))

    async def stop(self, channel_id: ChannelId, recording_id: Snowflake, actor: Actor) -> Response:
        """End that; the film follows in the channel."""
        await recording.stop(self._tools, actor.user_id, channel_id, recording_id)
        return nothing()


def router(tools: Tools) -> APIRouter:
    """Every route."""
    door, routes = RecordingsDoor(tools), APIRouter(prefix="/channels/{channel_id}/recordings")
    routes.post("")(door.begin)
    routes.post("/{recording_id}/stop", status_code=204)(door.stop)
    return routes
