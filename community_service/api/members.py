"""Members of a guild, and one's own membership."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.http import answer, nothing
from chassis.identity import Actor
from community_service import actions, views
from community_service.tools import Units
from contracts.ids import GuildId, UserId

_FIRST = UserId(0)


class MembersDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def get(self, guild_id: GuildId, user_id: UserId, actor: Actor) -> Response:
        """A fellow member."""
        async with self._units.reading(actor) as unit:
            member = await actions.members.one(unit, guild_id, user_id)
        return answer(views.member(member))

    async def page(
        self,
        guild_id: GuildId,
        actor: Actor,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 1,
        after: UserId = _FIRST,
    ) -> Response:
        """Fellow members by user id."""
        async with self._units.reading(actor) as unit:
            members = await actions.members.page(unit, guild_id, after=after, limit=limit)
        return answer([views.member(member) for member in members])

    async def me(self, guild_id: GuildId, actor: Actor) -> Response:
        """Oneself there."""
        async with self._units.reading(actor) as unit:
            member = await actions.members.one(unit, guild_id, actor.user_id)
        return answer(views.member(member))

    async def leave(self, guild_id: GuildId, actor: Actor) -> Response:
        """Go."""
        async with self._units.open(actor) as unit:
            await actions.members.leave(unit, guild_id)
        return nothing()


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = MembersDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/members")(door.page)
    routes.get("/guilds/{guild_id}/members/{user_id}")(door.get)
    routes.get("/users/@me/guilds/{guild_id}/member")(door.me)
    routes.delete("/users/@me/guilds/{guild_id}")(door.leave)
    return routes
