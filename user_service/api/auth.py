"""`/auth`: registering, logging in and out, the list of sessions, links from letters."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from chassis.http import answer, nothing
from chassis.identity import Anyone, Person
from contracts.identity import Identity
from contracts.wire import Form, Text
from user_service import actions, views
from user_service.api.caller import From, Origin
from user_service.domain.accounts import Credentials, Newcomer, read_newcomer, read_password
from user_service.domain.letters import Kind
from user_service.domain.locales import chosen
from user_service.tools import UserUnits


class Registration(Form):
    """The body of a registration."""

    username: Text | None = None
    global_name: Text | None = None
    email: Text | None = None
    password: Text
    locale: Text | None = None
    registration_code: Text | None = None


class Login(Form):
    """The body of a login."""

    login: Text
    password: Text


class SecondFactor(Form):
    """The body of the second step of a login."""

    ticket: Text
    code: Text


class Forgotten(Form):
    """Who has lost a password."""

    login: Text


class Reset(Form):
    """Another password by a mailed link."""

    token: Text
    password: Text


class Verification(Form):
    """What a mailed link carries."""

    token: Text


class Resend(Form):
    """Whom to mail another link, unless one is logged in."""

    login: Text | None = None


class SessionHashes(Form):
    """Sessions as the list of them names them."""

    session_id_hashes: Annotated[list[Text], Field(max_length=100)]


class AuthDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units
        self._passwords = units.tools.passwords
        self._policy = units.tools.policy

    async def register(self, form: Registration, actor: Anyone, origin: From) -> Response:
        """A new account, logged in unless its address has to be verified first."""
        newcomer = read_newcomer(
            username=form.username,
            global_name=form.global_name,
            email=form.email,
            password=form.password,
            locale=chosen(form.locale, origin.languages),
            is_email_needed=self._policy.needs_verified_email,
        )
        password_hash = await self._passwords.hash(newcomer.password)
        code = form.registration_code
        return await self._register(actor, newcomer, password_hash, code=code, origin=origin)

    async def _register(
        self,
        actor: Identity,
        newcomer: Newcomer,
        password_hash: str,
        *,
        code: str | None,
        origin: Origin,
    ) -> Response:
        async with self._units.open(actor) as unit:
            if self._policy.is_invite_only:
                await actions.proofs.use_code(unit, code)
            account = await actions.accounts.register(unit, newcomer, password_hash)
            token = None
            if not self._policy.needs_verified_email:
                token = await actions.logins.first(unit, account, origin.client, origin.address)
            if account.email is not None:
                await actions.letters.write(unit, Kind.VERIFY, user_id=account.id)
        return answer(views.registered(account.id, token), 201)

    async def login(self, form: Login, actor: Anyone, origin: From) -> Response:
        """A new session of an account, or the way to its second factor."""
        async with self._units.open(actor) as unit:
            known = await actions.logins.find(unit, form.login)
            key = actions.logins.key_of(form.login)
            counted = await actions.throttle.count_login(unit, key, known, origin.address)
        proven = await actions.logins.prove(self._passwords, known, form.password)
        async with self._units.open(actor) as unit:
            await actions.throttle.succeed(unit, counted)
        return await self._enter(actor, proven, origin)

    async def _enter(self, actor: Identity, known: Credentials, origin: Origin) -> Response:
        """In, or on to the second factor."""
        async with self._units.open(actor) as unit:
            if known.totp_secret is not None:
                ticket = await actions.mfa.ticket(unit, known)
                return answer(views.second_factor(ticket, known))
            token = await actions.logins.enter(unit, known, origin.client, origin.address)
        return answer(views.logged_in(token, known))

    async def second_factor(self, form: SecondFactor, actor: Anyone, origin: From) -> Response:
        """The second step of a login."""
        token, known = await actions.mfa.redeem(
            self._units, form.ticket, form.code, client=origin.client, address=origin.address
        )
        return answer(views.logged_in(token, known))

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

    async def end_sessions(self, form: SessionHashes, actor: Person) -> Response:
        """The end of sessions by name."""
        async with self._units.open(actor) as unit:
            await actions.logins.end_those(unit, form.session_id_hashes)
        return nothing()

    async def forgot(self, form: Forgotten, actor: Anyone) -> Response:
        """A link to the address of whoever is meant; nobody learns whether there is somebody."""
        await self._mailed(actor, form.login, Kind.RESET)
        return nothing()

    async def reset(self, form: Reset, actor: Anyone, origin: From) -> Response:
        """Another password, and a session; with a second factor, the way to it."""
        password_hash = await self._passwords.hash(read_password(form.password))
        async with self._units.open(actor) as unit:
            known = await actions.credentials.reset(unit, form.token, password_hash)
        return await self._enter(actor, known, origin)

    async def verify(self, form: Verification, actor: Anyone, origin: From) -> Response:
        """The address of an account is its owner's."""
        async with self._units.open(actor) as unit:
            user_id, token = await actions.credentials.verify(
                unit, form.token, origin.client, origin.address
            )
        return answer(views.registered(user_id, token))

    async def resend(self, actor: Anyone, form: Resend | None = None) -> Response:
        """Another link to verify an address."""
        if actor.user_id:
            async with self._units.open(actor) as unit:
                await actions.credentials.resend(unit)
        elif form is not None and form.login is not None:
            await self._mailed(actor, form.login, Kind.VERIFY)
        return nothing()

    async def _mailed(self, actor: Identity, login: str, kind: Kind) -> None:
        """Not even the clock tells whether a letter was written."""

        async def ask() -> None:
            async with self._units.open(actor) as unit:
                await actions.credentials.ask_by_mail(unit, login, kind)

        await asyncio.gather(ask(), self._units.clock.sleep(self._policy.forgot_takes))


def router(units: UserUnits) -> APIRouter:
    """The routes."""
    door, routes = AuthDoor(units), APIRouter(prefix="/auth")
    routes.post("/register")(door.register)
    routes.post("/login")(door.login)
    routes.post("/mfa/totp")(door.second_factor)
    routes.post("/mfa/backup")(door.second_factor)
    routes.post("/logout")(door.logout)
    routes.get("/sessions")(door.sessions)
    routes.post("/sessions/logout")(door.end_sessions)
    routes.post("/forgot")(door.forgot)
    routes.post("/reset")(door.reset)
    routes.post("/verify")(door.verify)
    routes.post("/verify/resend")(door.resend)
    return routes
