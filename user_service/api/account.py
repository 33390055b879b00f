"""`/users/@me`: what only the owner of an account does, after proving it again: second factor,
sleep, deletion.
"""

from __future__ import annotations

from fastapi import APIRouter, Response

from chassis.http import answer, nothing
from chassis.identity import Person
from contracts.errors import Invalid
from contracts.wire import Form, Text
from user_service import actions, views
from user_service.api.caller import From
from user_service.tools import UserUnits


class Password(Form):
    """The body of what needs the owner."""

    password: Text
    code: Text | None = None


class Farewell(Password):
    """The body of deleting an account."""

    delete_messages: bool = False


class NewFactor(Form):
    """The body of turning the second factor on. The secret is the client's, who shows it to an
    authenticator.
    """

    password: Text
    secret: Text
    code: Text


class OldFactor(Form):
    """The body of turning it off."""

    code: Text
    password: Text


class FreshCodes(Form):
    """The body of asking for backup codes."""

    password: Text
    code: Text
    regenerate: bool = True


class AccountDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def enable_factor(self, form: NewFactor, actor: Person, origin: From) -> Response:
        """From now on a code is asked for."""
        await actions.credentials.prove(self._units, actor, form.password, needs_code=False)
        async with self._units.open(actor) as unit:
            token, codes = await actions.mfa.enable(unit, form.secret, form.code, origin.client)
        return answer(views.backup_codes(actor.user_id, codes, token))

    async def disable_factor(self, form: OldFactor, actor: Person, origin: From) -> Response:
        """The password is enough again."""
        await actions.credentials.prove(self._units, actor, form.password, form.code)
        async with self._units.open(actor) as unit:
            token = await actions.mfa.disable(unit, origin.client)
        return answer(views.token_only(token))

    async def backup_codes(self, form: FreshCodes, actor: Person) -> Response:
        """Other backup codes. The old ones can not be shown: only their hashes are kept."""
        if not form.regenerate:
            refusal = ("BACKUP_CODES_HASHED", "Backup codes are shown once; make new ones.")
            raise Invalid({"regenerate": refusal})
        await actions.credentials.prove(self._units, actor, form.password, form.code)
        async with self._units.open(actor) as unit:
            codes = await actions.mfa.fresh_codes(unit)
        return answer(views.backup_codes(actor.user_id, codes, None))

    async def disable(self, form: Password, actor: Person) -> Response:
        """To sleep, until the next login."""
        await actions.credentials.prove(self._units, actor, form.password, form.code)
        async with self._units.open(actor) as unit:
            await actions.farewells.disable(unit)
        return nothing()

    async def delete(self, form: Farewell, actor: Person) -> Response:
        """Gone."""
        await actions.credentials.prove(self._units, actor, form.password, form.code)
        await actions.farewells.may_delete(self._units.tools, actor.user_id)
        async with self._units.open(actor) as unit:
            await actions.farewells.delete(unit, with_messages=form.delete_messages)
        return nothing()


def router(units: UserUnits) -> APIRouter:
    """The routes."""
    door, routes = AccountDoor(units), APIRouter(prefix="/users/@me")
    routes.post("/mfa/totp/enable")(door.enable_factor)
    routes.post("/mfa/totp/disable")(door.disable_factor)
    routes.post("/mfa/codes-verification")(door.backup_codes)
    routes.post("/disable")(door.disable)
    routes.post("/delete")(door.delete)
    return routes
