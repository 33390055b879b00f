"""`/oauth2/authorize`: a person lets a bot into a guild."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Query, Response

from chassis.identity import Person
from community_service import actions
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
        bot_id = await actions.bots.bot_of(self._units.tools, client_id, actor)
        bot = await actions.people.face_of(self._units, bot_id)
        async with self._units.open(actor) as unit:
            await actions.bots.install(unit, form.guild_id, bot, asked)
        return _location({"guild_id": str(form.guild_id), "permissions": str(asked)})


def _location(query: dict[str, str]) -> Response:
    body = {"location": f"{AUTHORIZED}?{urlencode(query)}"}
    return Response(orjson.dumps(body), media_type="application/json")


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = BotsDoor(units), APIRouter()
    routes.post("/oauth2/authorize")(door.authorize)
    return routes
