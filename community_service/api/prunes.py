"""`/guilds/{guild_id}/prune`."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator, Field

from chassis.identity import Actor
from community_service import actions
from community_service.domain.prunes import Terms
from community_service.tools import Units
from contracts.ids import GuildId, RoleId
from contracts.wire import Form


def _listed(value: Any) -> Any:
    """Ids in a list, or with commas between them, as some libraries send them."""
    given = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(one, str | int) for one in given):
        return value
    return [part.strip() for one in given for part in str(one).split(",") if part.strip()]


Days = Annotated[int, Field(ge=1, le=30)]
Roles = Annotated[tuple[RoleId, ...], BeforeValidator(_listed), Field(max_length=100)]
DAYS = 7


class Pruning(Form):
    """Who is meant, in a query or a body."""

    days: Days | None = None
    include_roles: Roles | None = None
    compute_prune_count: bool | None = None

    def terms(self) -> Terms:
        """The same, as the domain says it."""
        roles = frozenset(int(one) for one in self.include_roles or ())
        return Terms(DAYS if self.days is None else self.days, roles)


_NOTHING_SAID = Pruning()


class PrunesDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def count(
        self, guild_id: GuildId, actor: Actor, query: Annotated[Pruning, Query()]
    ) -> Response:
        """How many would go."""
        return _pruned(len(await self._absent(guild_id, actor, query.terms())))

    async def prune(
        self, guild_id: GuildId, actor: Actor, form: Pruning = _NOTHING_SAID
    ) -> Response:
        """Let them go, and say how many that were if that is wanted."""
        terms, done = form.terms(), 0
        meant = await self._absent(guild_id, actor, terms)
        for start in range(0, len(meant), actions.prunes.BATCH):
            batch = meant[start : start + actions.prunes.BATCH]
            async with self._units.open(actor) as unit:
                done += await actions.prunes.prune(unit, guild_id, terms, batch)
        return _pruned(None if form.compute_prune_count is False else done)

    async def _absent(self, guild_id: GuildId, actor: Actor, terms: Terms) -> list[int]:
        async with self._units.reading(actor) as unit:
            idle = await actions.prunes.idle(unit, guild_id, terms)
        return await actions.prunes.absent(self._units.tools, idle)


def _pruned(count: int | None) -> Response:
    return Response(orjson.dumps({"pruned": count}), media_type="application/json")


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = PrunesDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/prune")(door.count)
    routes.post("/guilds/{guild_id}/prune")(door.prune)
    return routes
