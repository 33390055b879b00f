"""`/auth`: registering, logging in and out, the list of sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from chassis.http import answer, nothing
from chassis.identity import Anyone, Person
from contracts.identity import Kind
from contracts.wire import Form, Text
from user_service import actions, views
from user_service.domain.accounts import read_newcomer
from user_service.domain.clients import describe
from user_service.tools import UserUnits

UserAgent = Annotated[str, Header(alias="user-agent")]


class Registration(Form):
    """The body of a registration."""

    username: Text | None = None
    global_name: Text | None = None
    email: Text | None = None
    password: Text


class Login(Form):
    """The body of a login."""

    login: Text
    password: Text


class AuthDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units
        self._passwords = units.tools.passwords

    async def register(
        self, form: Registration, actor: Anyone, user_agent: UserAgent = ""
    ) -> Response:
        """A new account, logged in."""
        newcomer = read_newcomer(
            username=form.username,
            global_name=form.global_name,
            email=form.email,
            password=form.password,
        )
        password_hash = await self._passwords.hash(newcomer.password)
        client = describe(user_agent)
        async with self._units.open(actor) as unit:
            token = await actions.accounts.register(unit, newcomer, password_hash, client)
        return answer(views.registered(token), 201)

    async def login(self, form: Login, actor: Anyone, user_agent: UserAgent = "") -> Response:
        """A new session of an account."""
        async with self._units.reading(actor) as unit:
            known = await actions.logins.find(unit, form.login)
        proven = await actions.logins.prove(self._passwords, known, form.password)
        client = describe(user_agent)
        async with self._units.open(actor) as unit:
            token = await actions.logins.begin(unit, proven.user_id, Kind.USER, client)
        return answer(views.logged_in(token, proven))

    async def logout(self, actor: Person) -> Response:
        """The end of the session that asks."""
        async with self._units.open(actor) as unit:
            await actions.logins.end(unit)
        return nothing()

    async def sessions(self, actor: Person) -> Response:
        """Where one is logged in."""
        async with self._units.reading(actor) as unit:
            logins = await actions.logins.mine(unit)
        return answer(views.sessions(logins))


def router(units: UserUnits) -> APIRouter:
    """The routes."""
    door, routes = AuthDoor(units), APIRouter(prefix="/auth")
    routes.post("/register")(door.register)
    routes.post("/login")(door.login)
    routes.post("/logout")(door.logout)
    routes.get("/sessions")(door.sessions)
    return routes
