"""Stages, and what is said of voice channels."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from chassis.http import answer, nothing
from chassis.identity import Actor
from contracts.ids import ChannelId, Snowflake
from contracts.limits import STAGE_TOPIC_MAX, VOICE_STATUS_MAX
from contracts.wire import KEPT, Form, Text
from signaling_service.actions import stages
from signaling_service.actions.stages import Opening
from signaling_service.tools import Tools

Topic = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=STAGE_TOPIC_MAX),
    KEPT,
]


class NewStage(Form):
    """The body that opens a stage."""

    channel_id: ChannelId
    topic: Topic
    privacy_level: Literal[2] | None = None
    send_start_notification: bool | None = None
    guild_scheduled_event_id: Snowflake | None = None


class StageChanges(Form):
    """The body that renames one."""

    topic: Topic | None = None
    privacy_level: Literal[2] | None = None


class Status(Form):
    """What is said of a voice channel."""

    status: Annotated[Text, Field(max_length=VOICE_STATUS_MAX)] | None = None


class StagesDoor:
    """The handlers."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def begin(self, form: NewStage, actor: Actor) -> Response:
        """Open a stage."""
        wish = Opening(
            channel_id=form.channel_id,
            topic=form.topic,
            announces=bool(form.send_start_notification),
            event_id=form.guild_scheduled_event_id,
        )
        return answer(await stages.begin(self._tools, actor.user_id, wish))

    async def one(self, channel_id: ChannelId, actor: Actor) -> Response:
        """The stage that is open there."""
        return answer(await stages.one(self._tools, actor.user_id, channel_id))

    async def rename(self, channel_id: ChannelId, form: StageChanges, actor: Actor) -> Response:
        """Something else is spoken about."""
        return answer(await stages.rename(self._tools, actor.user_id, channel_id, form.topic))

    async def finish(self, channel_id: ChannelId, actor: Actor) -> Response:
        """Close it."""
        await stages.finish(self._tools, actor.user_id, channel_id)
        return nothing()

    async def describe(self, channel_id: ChannelId, form: Status, actor: Actor) -> Response:
        """Say what goes on in a voice channel."""
        await stages.describe(self._tools, actor.user_id, channel_id, form.status)
        return nothing()


def router(tools: Tools) -> APIRouter:
    """Every route."""
    door, routes = StagesDoor(tools), APIRouter()
    routes.post("/stage-instances")(door.begin)
    routes.get("/stage-instances/{channel_id}")(door.one)
    routes.patch("/stage-instances/{channel_id}")(door.rename)
    routes.delete("/stage-instances/{channel_id}", status_code=204)(door.finish)
    routes.put("/channels/{channel_id}/voice-status", status_code=204)(door.describe)
    return routes
