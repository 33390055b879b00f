"""`/users`: oneself and others."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from chassis.http import answer
from chassis.identity import Actor
from contracts.errors import Invalid
from contracts.identity import Identity
from contracts.ids import UserId
from contracts.wire import Form, Text
from user_service import actions, views
from user_service.api.caller import From
from user_service.domain.accounts import NewCredentials, read_credentials, read_names
from user_service.tools import UserUnits


class Profile(Form):
    """The body of a change of oneself."""

    username: Text | None = None
    global_name: Text | None = None
    avatar: Any = None
    email: Text | None = None
    password: Text | None = None
    new_password: Text | None = None
    code: Text | None = None


class UsersDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def me(self, actor: Actor) -> Response:
        """Oneself."""
        async with self._units.reading(actor) as unit:
            account = await actions.accounts.me(unit)
        return answer(views.current_user(account))

    async def change(self, form: Profile, actor: Actor, origin: From) -> Response:
        """Other names. Pictures are not kept yet, and saying so is better than forgetting one."""
        if form.avatar is not None:
            raise Invalid({"avatar": ("IMAGE_INVALID", "Pictures are not taken here.")})
        wanted = read_names(
            username=form.username,
            global_name=form.global_name,
            is_global_name_given="global_name" in form.model_fields_set,
        )
        credentials = read_credentials(email=form.email, password=form.new_password)
        password_hash = await self._prove(form, actor, credentials)
        token = None
        async with self._units.open(actor) as unit:
            account = await actions.accounts.rename(unit, wanted)
            if credentials.is_any:
                token = await actions.credentials.change(
                    unit, credentials, password_hash, origin.client
                )
                account = await actions.accounts.me(unit)
        return answer(views.changed_user(account, token))

    async def _prove(self, form: Profile, actor: Identity, wanted: NewCredentials) -> str | None:
        """Make sure of the owner where that is needed; the hash of a new password."""
        if wanted.is_any:
            await actions.credentials.prove(self._units, actor, form.password, form.code)
        if wanted.password is None:
            return None
        return await self._units.tools.passwords.hash(wanted.password)

    async def get(self, user_id: UserId, actor: Actor) -> Response:
        """Anybody."""
        async with self._units.reading(actor) as unit:
            account = await actions.accounts.get(unit, user_id)
        return answer(views.user(account))


def router(units: UserUnits) -> APIRouter:
    """The routes."""
    door, routes = UsersDoor(units), APIRouter(prefix="/users")
    routes.get("/@me")(door.me)
    routes.patch("/@me")(door.change)
    routes.get("/{user_id}")(door.get)
    return routes
