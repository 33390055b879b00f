"""`/guilds/{guild_id}/bans`."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import Field

from chassis.http import answer, nothing
from chassis.identity import Actor
from community_service import actions, views
from community_service.tools import Units
from contracts import limits
from contracts.ids import GuildId, UserId
from contracts.wire import Form

DAY_S = 86_400

DeleteSeconds = Annotated[int, Field(ge=0, le=limits.BAN_DELETE_S)]
DeleteDays = Annotated[int, Field(ge=0, le=limits.BAN_DELETE_S // DAY_S)]


class Deletion(Form):
    """What of the banned is to go: in seconds, or (older clients) in days."""

    delete_message_seconds: DeleteSeconds | None = None
    delete_message_days: DeleteDays | None = None

    def seconds(self) -> int | None:
        """How far back; None if nothing is said of it."""
        if self.delete_message_seconds is None and self.delete_message_days is not None:
            return self.delete_message_days * DAY_S
        return self.delete_message_seconds


class ManyBans(Form):
    """The body that bans many at once."""

    user_ids: Annotated[tuple[UserId, ...], Field(min_length=1, max_length=limits.BANS_AT_ONCE)]
    delete_message_seconds: DeleteSeconds | None = None


_NOTHING_SAID = Deletion()


class BansDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def page(
        self,
        guild_id: GuildId,
        actor: Actor,
        before: UserId | None = None,
        after: UserId | None = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 1_000,
    ) -> Response:
        """Bans by user id."""
        async with self._units.reading(actor) as unit:
            found = await actions.bans.page(unit, guild_id, before=before, after=after, limit=limit)
        return answer([views.ban(one) for one in found])

    async def get(self, guild_id: GuildId, user_id: UserId, actor: Actor) -> Response:
        """A ban."""
        async with self._units.reading(actor) as unit:
            found = await actions.bans.one(unit, guild_id, user_id)
        return answer(views.ban(found))

    async def ban(
        self,
        guild_id: GuildId,
        user_id: UserId,
        actor: Actor,
        query: Annotated[Deletion, Query()],
        form: Deletion | None = None,
    ) -> Response:
        """Shut somebody out. Some libraries say in the query what others say in the body."""
        said = (form or _NOTHING_SAID).seconds()
        delete_s = query.seconds() if said is None else said
        async with self._units.reading(actor) as unit:
            await actions.bans.require_may_ban(unit, guild_id)
        person = await actions.people.face_of(self._units, user_id)
        async with self._units.open(actor) as unit:
            await actions.bans.ban(unit, guild_id, person, delete_s=delete_s or 0)
        return nothing()

    async def ban_many(self, guild_id: GuildId, form: ManyBans, actor: Actor) -> Response:
        """Shut out many, as far as one may."""
        asked = tuple(dict.fromkeys(int(one) for one in form.user_ids))
        async with self._units.reading(actor) as unit:
            await actions.bans.require_may_ban(unit, guild_id)
        people = await actions.people.faces_of(self._units, asked)
        async with self._units.open(actor) as unit:
            outcome = await actions.bans.ban_many(
                unit, guild_id, people, asked, delete_s=form.delete_message_seconds or 0
            )
        body = {
            "banned_users": [str(one) for one in outcome.banned],
            "failed_users": [str(one) for one in outcome.failed],
        }
        return Response(orjson.dumps(body), media_type="application/json")

    async def unban(self, guild_id: GuildId, user_id: UserId, actor: Actor) -> Response:
        """Let somebody come in again."""
        async with self._units.open(actor) as unit:
            await actions.bans.unban(unit, guild_id, user_id)
        return nothing()


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = BansDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/bans")(door.page)
    routes.get("/guilds/{guild_id}/bans/{user_id}")(door.get)
    routes.put("/guilds/{guild_id}/bans/{user_id}")(door.ban)
    routes.delete("/guilds/{guild_id}/bans/{user_id}")(door.unban)
    routes.post("/guilds/{guild_id}/bulk-ban")(door.ban_many)
    return routes
