"""`/users/@me/stream-keys`: with which programs go live."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Response

from chassis.http import answer, nothing
from chassis.identity import Person
from contracts.ids import ChannelId, Snowflake
from contracts.wire import Form
from user_service import actions
from user_service.tools import UserUnits


class NewStreamKey(Form):
    """Where it is for."""

    channel_id: ChannelId


class StreamKeysDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def make(self, form: NewStreamKey, actor: Person) -> Response:
        """One more; only this answer shows the key itself."""
        async with self._units.open(actor) as unit:
            made = await actions.stream_keys.make(unit, form.channel_id)
        return answer(made, status=201)

    async def mine(self, actor: Person) -> Response:
        """One's own."""
        async with self._units.reading(actor) as unit:
            found = await actions.stream_keys.mine(unit)
        return Response(orjson.dumps([one.dump() for one in found]), media_type="application/json")

    async def withdraw(self, key_id: Snowflake, actor: Person) -> Response:
        """It opens nothing any more."""
        async with self._units.open(actor) as unit:
            await actions.stream_keys.withdraw(unit, key_id)
        return nothing()


def router(units: UserUnits) -> APIRouter:
    """The routes."""
    door, routes = StreamKeysDoor(units), APIRouter(prefix="/users/@me/stream-keys")
    routes.post("", status_code=201)(door.make)
    routes.get("")(door.mine)
    routes.delete("/{key_id}", status_code=204)(door.withdraw)
    return routes
