"""`/users/@me/notification-settings`: how one wishes to be told, wherever it is from."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Response

from chassis.identity import Person
from contracts.wire import Form
from notification_service import actions, views
from notification_service.tools import Units


class Wishes(Form):
    """What changes."""

    hide_content: bool | None = None
    email_digest: bool | None = None


class WishesDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def mine(self, actor: Person) -> Response:
        """As they are."""
        async with self._units.reading(actor) as unit:
            person = await actions.people.own(unit)
        return Response(orjson.dumps(views.wishes(person)), media_type="application/json")

    async def change(self, form: Wishes, actor: Person) -> Response:
        """As they are from now on."""
        known = await actions.people.reader(self._units.tools, actor.user_id)
        async with self._units.open(actor) as unit:
            person = await actions.people.wish(
                unit, known, hides_content=form.hide_content, wants_digest=form.email_digest
            )
        return Response(orjson.dumps(views.wishes(person)), media_type="application/json")


def router(units: Units) -> APIRouter:
    """These routes."""
    door, routes = WishesDoor(units), APIRouter()
    routes.get("/users/@me/notification-settings")(door.mine)
    routes.patch("/users/@me/notification-settings")(door.change)
    return routes
