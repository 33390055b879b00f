"""`/applications`: what a bot's author owns, and what a bot asks about itself."""

from __future__ import annotations

from fastapi import APIRouter, Response

from chassis.http import answer, nothing
from chassis.identity import Actor, Person
from contracts.ids import ApplicationId
from contracts.wire import Form, Text
from user_service import actions, views
from user_service.domain.applications import read_name, read_words
from user_service.tools import UserUnits


class NewApplication(Form):
    """The body of a creation."""

    name: Text


class ApplicationWords(Form):
    """The body of a change. Flags are not the client's to set."""

    name: Text | None = None
    description: Text | None = None


class ApplicationsDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def create(self, form: NewApplication, actor: Person) -> Response:
        """A new one."""
        name = read_name(form.name)
        async with self._units.open(actor) as unit:
            owned = await actions.applications.create(unit, name)
        return answer(views.application(owned), 201)

    async def mine(self, actor: Person) -> Response:
        """Those of whoever asks."""
        async with self._units.reading(actor) as unit:
            found = await actions.applications.mine(unit)
        return answer([views.application(owned) for owned in found])

    async def of_bot(self, actor: Actor) -> Response:
        """The asking bot's."""
        async with self._units.reading(actor) as unit:
            owned = await actions.applications.of_bot(unit)
        return answer(views.application(owned))

    async def get(self, application_id: ApplicationId, actor: Person) -> Response:
        """One's own."""
        async with self._units.reading(actor) as unit:
            owned = await actions.applications.get(unit, application_id)
        return answer(views.application(owned))

    async def describe(
        self, application_id: ApplicationId, form: ApplicationWords, actor: Person
    ) -> Response:
        """Other words."""
        words = read_words(form.name, form.description)
        async with self._units.open(actor) as unit:
            owned = await actions.applications.describe(unit, application_id, words)
        return answer(views.application(owned))

    async def remove(self, application_id: ApplicationId, actor: Person) -> Response:
        """Away with it."""
        async with self._units.open(actor) as unit:
            await actions.applications.remove(unit, application_id)
        return nothing()

    async def add_bot(self, application_id: ApplicationId, actor: Person) -> Response:
        """Its bot, and the token that is shown once."""
        async with self._units.open(actor) as unit:
            token = await actions.applications.add_bot(unit, application_id)
        return answer(views.token_only(token))

    async def reset_bot(self, application_id: ApplicationId, actor: Person) -> Response:
        """Another token."""
        async with self._units.open(actor) as unit:
            token = await actions.applications.reset_bot(unit, application_id)
        return answer(views.token_only(token))


def router(units: UserUnits) -> APIRouter:
    """The routes."""
    door, routes = ApplicationsDoor(units), APIRouter()
    routes.get("/oauth2/applications/@me")(door.of_bot)
    routes.get("/applications/@me")(door.of_bot)
    routes.post("/applications")(door.create)
    routes.get("/applications")(door.mine)
    routes.get("/applications/{application_id}")(door.get)
    routes.patch("/applications/{application_id}")(door.describe)
    routes.delete("/applications/{application_id}")(door.remove)
    routes.post("/applications/{application_id}/bot")(door.add_bot)
    routes.post("/applications/{application_id}/bot/reset")(door.reset_bot)
    return routes
