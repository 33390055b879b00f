"""Calls in conversations, as clients of people make them ring."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from chassis.http import nothing
from chassis.identity import Person
from contracts.ids import ChannelId, UserId
from contracts.limits import GROUP_RECIPIENTS
from contracts.wire import Form
from signaling_service.actions import calling
from signaling_service.tools import Tools


class Ringing(Form):
    """For whom."""

    recipients: Annotated[tuple[UserId, ...], Field(max_length=GROUP_RECIPIENTS)] | None = None


class Region(Form):
    """Where: there is one region, so nothing is changed."""

    region: str | None = None


_EVERYBODY = Ringing()


class CallsDoor:
    """The handlers."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def look(self, channel_id: ChannelId, actor: Person) -> Response:
        """Whether it could ring there."""
        may_ring = await calling.look(self._tools, actor.user_id, channel_id)
        return Response(orjson.dumps({"ringable": may_ring}), media_type="application/json")

    async def move(self, channel_id: ChannelId, form: Region, actor: Person) -> Response:
        """Another region; there is none."""
        del form
        await calling.look(self._tools, actor.user_id, channel_id)
        return nothing()

    async def ring(
        self, channel_id: ChannelId, actor: Person, form: Ringing = _EVERYBODY
    ) -> Response:
        """Let it ring."""
        await calling.ring(self._tools, actor.user_id, channel_id, form.recipients)
        return nothing()

    async def stop(
        self, channel_id: ChannelId, actor: Person, form: Ringing = _EVERYBODY
    ) -> Response:
        """Let it ring no longer; without recipients, for oneself."""
        await calling.stop_ringing(self._tools, actor.user_id, channel_id, form.recipients)
        return nothing()


def router(tools: Tools) -> APIRouter:
    """Every route."""
    door, routes = CallsDoor(tools), APIRouter(prefix="/channels/{channel_id}")
    routes.get("/call")(door.look)
    routes.patch("/call", status_code=204)(door.move)
    routes.post("/call/ring", status_code=204)(door.ring)
    routes.post("/call/stop-ringing", status_code=204)(door.stop)
    return routes
