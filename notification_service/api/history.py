"""`/users/@me/notifications`: what one was notified of. It begins when one is first watched: with a
device, or with the first look here.
"""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response

from chassis.http import nothing
from chassis.identity import Person
from contracts.ids import Snowflake
from contracts.limits import HISTORY_PAGE, HISTORY_PAGE_MAX
from contracts.wire import Form
from notification_service import actions, views
from notification_service.tools import Units


class Until(Form):
    """The newest line that was seen."""

    id: Snowflake


class HistoryDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def page(
        self,
        actor: Person,
        before: Snowflake | None = None,
        limit: Annotated[int, Query(ge=1, le=HISTORY_PAGE_MAX)] = HISTORY_PAGE,
    ) -> Response:
        """The newest first."""
        async with self._units.reading(actor) as unit:
            found = await actions.history.page(unit, before, limit)
        if not found and before is None:
            await self._begin(actor)
        return Response(orjson.dumps([*map(views.entry, found)]), media_type="application/json")

    async def mark_read(self, form: Until, actor: Person) -> Response:
        """Seen up to a line."""
        async with self._units.open(actor) as unit:
            await actions.history.mark_read(unit, form.id)
        return nothing()

    async def remove(self, entry_id: Snowflake, actor: Person) -> Response:
        """Away with a line."""
        async with self._units.open(actor) as unit:
            await actions.history.remove(unit, entry_id)
        return nothing()

    async def _begin(self, actor: Person) -> None:
        known = await actions.people.reader(self._units.tools, actor.user_id)
        async with self._units.open(actor) as unit:
            await actions.people.watch(unit, known)


def router(units: Units) -> APIRouter:
    """These routes."""
    door, routes = HistoryDoor(units), APIRouter()
    routes.get("/users/@me/notifications")(door.page)
    routes.post("/users/@me/notifications/ack")(door.mark_read)
    routes.delete("/users/@me/notifications/{entry_id}")(door.remove)
    return routes
