"""What one channel grants and takes for one role or member."""

from __future__ import annotations

from fastapi import APIRouter, Response

from chassis.http import nothing
from chassis.identity import Actor
from community_service import actions
from community_service.tools import Units
from contracts.ids import ChannelId, Snowflake
from contracts.objects.channel import ChannelOverwrite, OverwriteType
from contracts.wire import Bits, Form


class OverwriteChange(Form):
    """The body; whom it is about is in the path."""

    type: OverwriteType | None = None
    allow: Bits | None = None
    deny: Bits | None = None


class OverwritesDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def put(
        self, channel_id: ChannelId, overwrite_id: Snowflake, form: OverwriteChange, actor: Actor
    ) -> Response:
        """Grant and take."""
        one = ChannelOverwrite(
            id=overwrite_id,
            type=form.type or OverwriteType.ROLE,
            allow=form.allow or 0,
            deny=form.deny or 0,
        )
        async with self._units.open(actor) as unit:
            await actions.overwrites.put(unit, channel_id, one)
        return nothing()

    async def delete(
        self, channel_id: ChannelId, overwrite_id: Snowflake, actor: Actor
    ) -> Response:
        """Neither grant nor take."""
        async with self._units.open(actor) as unit:
            await actions.overwrites.remove(unit, channel_id, overwrite_id)
        return nothing()


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = OverwritesDoor(units), APIRouter()
    routes.put("/channels/{channel_id}/permissions/{overwrite_id}")(door.put)
    routes.delete("/channels/{channel_id}/permissions/{overwrite_id}")(door.delete)
    return routes
