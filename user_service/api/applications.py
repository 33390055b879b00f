"""`/applications`: what a bot's author owns, and what a bot asks about itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from chassis.blobs import Blobs
from chassis.http import answer, nothing
from chassis.identity import Actor, Person
from chassis.images import picture_from
from contracts.assets import APP_ICONS
from contracts.ids import ApplicationId
from contracts.permissions import EVERYTHING
from contracts.wire import Bits, Form, Text
from user_service import actions, views
from user_service.domain.applications import read_changes, read_name
from user_service.tools import UserUnits
from user_service.views.applications import authorization, shown_application

LINK = r"^https?://[^\s]+$"
Tag = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
_KEPT_AS = {"bot_public": "is_public", "custom_install_url": "install_url"}
_TAKEN_AWAY = frozenset({"icon", "custom_install_url", "install_params"})


class NewApplication(Form):
    """The body of a creation."""

    name: Text


class Installation(Form):
    """What an installation asks for, unless a link says otherwise."""

    scopes: Annotated[tuple[Literal["applications.commands", "bot"], ...], Field(max_length=2)]
    permissions: Bits = 0


class ApplicationChanges(Form):
    """The body of a change. Null takes an icon, a link and an installation away, and leaves
    everything else as it is.
    """

    name: Text | None = None
    description: Text | None = None
    icon: str | None = None
    flags: Annotated[int, Field(ge=0, lt=1 << 53)] | None = None
    bot_public: bool | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=5)] | None = None
    custom_install_url: (
        Annotated[Text, StringConstraints(pattern=LINK, max_length=2_048)] | None
    ) = None
    install_params: Installation | None = None

    async def said(self, application_id: int, blobs: Blobs) -> dict[str, Any]:
        """The fields that it changes, its picture kept."""
        said: dict[str, Any] = {
            _KEPT_AS.get(name, name): value
            for name in self.model_fields_set
            if (value := getattr(self, name)) is not None or name in _TAKEN_AWAY
        }
        if "install_params" in said:
            wanted = said.pop("install_params") or Installation(scopes=())
            said["install_scopes"] = tuple(dict.fromkeys(wanted.scopes))
            said["install_permissions"] = wanted.permissions & EVERYTHING
        if said.get("icon"):
            picture = await picture_from(said["icon"], APP_ICONS, "icon")
            await blobs.put(APP_ICONS.key(application_id, picture.digest), picture.data)
            said["icon"] = picture.digest
        return read_changes(said)


class ApplicationsDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def create(self, form: NewApplication, actor: Person) -> Response:
        """A new one."""
        name = read_name(form.name)
        async with self._units.open(actor) as unit:
            owned = await actions.applications.create(unit, name)
        return answer(shown_application(owned), 201)

    async def mine(self, actor: Person) -> Response:
        """Those of whoever asks."""
        async with self._units.reading(actor) as unit:
            found = await actions.applications.mine(unit)
        return answer([shown_application(owned) for owned in found])

    async def of_bot(self, actor: Actor) -> Response:
        """The asking bot's."""
        async with self._units.reading(actor) as unit:
            owned = await actions.applications.of_bot(unit)
        return answer(shown_application(owned))

    async def purpose(self, actor: Actor) -> Response:
        """What the asking bot's token is for."""
        async with self._units.reading(actor) as unit:
            owned = await actions.applications.of_bot(unit)
        return answer(authorization(owned))

    async def get(self, application_id: ApplicationId, actor: Person) -> Response:
        """One's own."""
        async with self._units.reading(actor) as unit:
            owned = await actions.applications.get(unit, application_id)
        return answer(shown_application(owned))

    async def change(
        self, application_id: ApplicationId, form: ApplicationChanges, actor: Person
    ) -> Response:
        """Other words, another face, other rights."""
        async with self._units.reading(actor) as unit:
            await actions.applications.access_application(unit, application_id)
        said = await form.said(application_id, self._units.tools.blobs)
        async with self._units.open(actor) as unit:
            owned = await actions.applications.change(unit, application_id, said)
        return answer(shown_application(owned))

    async def change_as_bot(self, form: ApplicationChanges, actor: Actor) -> Response:
        """The same for the asking bot's."""
        async with self._units.reading(actor) as unit:
            mine = (await actions.applications.of_bot(unit)).application.id
        said = await form.said(mine, self._units.tools.blobs)
        async with self._units.open(actor) as unit:
            owned = await actions.applications.change_as_bot(unit, said)
        return answer(shown_application(owned))

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
    routes.get("/oauth2/@me")(door.purpose)
    routes.get("/oauth2/applications/@me")(door.of_bot)
    routes.get("/applications/@me")(door.of_bot)
    routes.patch("/applications/@me")(door.change_as_bot)
    routes.post("/applications")(door.create)
    routes.get("/applications")(door.mine)
    routes.get("/applications/{application_id}")(door.get)
    routes.patch("/applications/{application_id}")(door.change)
    routes.delete("/applications/{application_id}")(door.remove)
    routes.post("/applications/{application_id}/bot")(door.add_bot)
    routes.post("/applications/{application_id}/bot/reset")(door.reset_bot)
    return routes
