"""Where the channels of a guild stand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import FailFast, Field

from chassis.http import nothing
from chassis.identity import Actor
from community_service import actions
from community_service.domain.arrangement import Move
from community_service.tools import Units
from contracts import limits
from contracts.ids import ChannelId, GuildId
from contracts.wire import Form


class ChannelPlace(Form):
    """Where one channel is to go. A null category is none; without the field it stays in its."""

    id: ChannelId | None = None
    position: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    parent_id: ChannelId | None = None
    lock_permissions: bool | None = None

    def move(self) -> Move:
        """The same, as the domain says it."""
        return Move(
            position=self.position,
            changes_parent="parent_id" in self.model_fields_set,
            parent_id=self.parent_id,
            is_synced=bool(self.lock_permissions),
        )


ChannelPlaces = Annotated[
    list[ChannelPlace], Field(max_length=limits.CHANNELS_PER_GUILD), FailFast()
]


class ArrangementDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def move(self, guild_id: GuildId, form: ChannelPlaces, actor: Actor) -> Response:
        """Another order, other categories."""
        moves = {int(one.id): one.move() for one in form if one.id is not None}
        async with self._units.open(actor) as unit:
            await actions.arrangement.move(unit, guild_id, moves)
        return nothing()


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = ArrangementDoor(units), APIRouter()
    routes.patch("/guilds/{guild_id}/channels")(door.move)
    return routes
