"""`/users/@me/harvest`: everything the house keeps of somebody, for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.http import answer, nothing
from chassis.identity import Anyone, Person
from contracts.errors import NotFound
from user_service import actions, views
from user_service.domain.harvests import Link
from user_service.tools import UserUnits

_ID_MOST = (1 << 63) - 1
HarvestNumber = Annotated[int, Query(ge=0, le=_ID_MOST)]


class HarvestsDoor:
    """The handlers."""

    def __init__(self, units: UserUnits, public_url: str) -> None:
        self._units = units
        self._public_url = public_url

    async def ask(self, actor: Person) -> Response:
        """Gather it, or wait for the one that is being gathered."""
        async with self._units.open(actor) as unit:
            harvest = await actions.harvests.ask(unit)
        return answer(views.harvest(harvest, None, self._public_url))

    async def mine(self, actor: Person) -> Response:
        """How far it is, and where to fetch it."""
        async with self._units.reading(actor) as unit:
            harvest, link = await actions.harvests.mine(unit)
        if harvest is None:
            return nothing()
        return answer(views.harvest(harvest, link, self._public_url))

    async def fetch(
        self, harvest_id: str, actor: Anyone, until: HarvestNumber = 0, signature: str = ""
    ) -> Response:
        """The archive, by a link."""
        if not (harvest_id.isascii() and harvest_id.isdecimal() and int(harvest_id) <= _ID_MOST):
            raise NotFound
        shown = Link(int(harvest_id), until, signature)
        async with self._units.reading(actor) as unit:
            harvest = await actions.harvests.behind(unit, shown)
        archive = await self._units.tools.blobs.get(harvest.blob)
        if archive is None:
            raise NotFound
        headers = {
            "content-disposition": f'attachment; filename="moim-{harvest.id}.zip"',
            "cache-control": "no-store",
        }
        return Response(archive, media_type="application/zip", headers=headers)


def router(units: UserUnits, public_url: str) -> APIRouter:
    """The routes."""
    door, routes = HarvestsDoor(units, public_url), APIRouter()
    routes.post("/users/@me/harvest")(door.ask)
    routes.get("/users/@me/harvest")(door.mine)
    routes.get("/harvests/{harvest_id}")(door.fetch)
    return routes
