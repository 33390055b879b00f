"""What HTTP may ask about devices."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Response
from pydantic import StringConstraints

from chassis.db import Units
from chassis.identity import Person
from contracts.wire import Form
from notification_service import actions, views
from notification_service.domain import TOKEN_MAX, Address, DeviceId, Platform, Provider

JSON_TYPE = "application/json"


class NewDevice(Form):
    """The body of a registration."""

    provider: Provider
    token: Annotated[
        str,
        StringConstraints(
            min_length=1,
            max_length=TOKEN_MAX,
            pattern=r"^[ -~]+$",
        ),
    ]
    platform: Platform


class DevicesDoor:
    """The handlers."""

    def __init__(self, units: Units[None], *, most: int) -> None:
        self._units = units
        self._most = most

    async def register(self, form: NewDevice, actor: Person) -> Response:
        """A new one, or one that changes hands."""
        address = Address(form.provider, form.token, form.platform)
        async with self._units.open(actor) as unit:
            device = await actions.register(unit, address, most=self._most)
        return Response(orjson.dumps(views.device(device)), 201, media_type=JSON_TYPE)

    async def mine(self, actor: Person) -> Response:
        """One's own."""
        async with self._units.reading(actor) as unit:
            found = await actions.devices(unit, most=self._most)
        return Response(orjson.dumps([views.device(each) for each in found]), media_type=JSON_TYPE)

    async def remove(self, device_id: DeviceId, actor: Person) -> Response:
        """Away with it."""
        async with self._units.open(actor) as unit:
            await actions.remove(unit, device_id)
        return Response(status_code=204)


def router(units: Units[None], *, most: int) -> APIRouter:
    """Every route."""
    door, routes = DevicesDoor(units, most=most), APIRouter()
    routes.post("/devices")(door.register)
    routes.get("/devices")(door.mine)
    routes.delete("/devices/{device_id}")(door.remove)
    return routes
