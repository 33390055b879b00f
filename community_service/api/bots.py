"""`/oauth2/authorize`: a person lets a bot into a guild."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Query, Response

from chassis.identity import Person
from community_service import actions, views
from community_service.tools import Units
from contracts.errors import Invalid
from contracts.ids import ApplicationId, GuildId
from contracts.wire import Bits, Form

AUTHORIZED = "/oauth2/authorized"


class Authorization(Form):
    """The body: where to, and whether at all."""

    guild_id: GuildId
    permissions: Bits | None = None
    authorize: bool = True


class BotsDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def look(
        self,
        actor: Person,
        client_id: ApplicationId,
        permissions: Annotated[Bits | None, Query()] = None,
    ) -> Response:
        """What would be let in, with what, and where to."""
        application = await actions.bots.installable(self._units.tools, client_id, actor)
        async with self._units.reading(actor) as unit:
            where = await actions.bots.destinations(unit)
        wanted = application.install_params
        asked = permissions if permissions is not None else wanted.permissions if wanted else 0
        shown = {
            "authorized": False,
            "application": application.dump(),
            "bot": application.bot.dump() if application.bot else None,
            "permissions": str(asked),
            "guilds": [
                views.partial_guild(one.guild, actor.user_id, one.granted).dump() for one in where
            ],
        }
        return Response(orjson.dumps(shown), media_type="application/json")

    async def authorize(
        self,
        form: Authorization,
        actor: Person,
        client_id: ApplicationId,
        scope: str = "bot",
        permissions: Annotated[Bits, Query()] = 0,
    ) -> Response:
        """Let a bot in, or decline to."""
        if "bot" not in scope.replace("+", " ").split():
            raise Invalid({"scope": ("OAUTH2_SCOPE_INVALID", "Only bots can be let in.")})
        if not form.authorize:
            return _location({"error": "access_denied"})
        asked = permissions if form.permissions is None else form.permissions
        application = await actions.bots.installable(self._units.tools, client_id, actor)
        bot = await actions.people.face_of(self._units, application.id)
        async with self._units.open(actor) as unit:
            await actions.bots.install(unit, form.guild_id, bot, asked)
        return _location({"guild_id": str(form.guild_id), "permissions": str(asked)})


def _location(query: dict[str, str]) -> Response:
    body = {"location": f"{AUTHORIZED}?{urlencode(query)}"}
    return Response(orjson.dumps(body), media_type="application/json")


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = BotsDoor(units), APIRouter()
    routes.get("/oauth2/authorize")(door.look)
    routes.post("/oauth2/authorize")(door.authorize)
    return routes
