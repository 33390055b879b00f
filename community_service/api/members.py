"""Members of a guild, and one's own membership."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field, StringConstraints

from chassis.http import answer, nothing
from chassis.identity import Actor
from community_service import actions, pictures, views
from community_service.tools import Units
from contracts import limits
from contracts.ids import ChannelId, GuildId, RoleId, UserId
from contracts.wire import KEPT, Form, Text

_FIRST = UserId(0)

Nick = Annotated[str, StringConstraints(strip_whitespace=True, max_length=limits.NICK_MAX), KEPT]
Roles = Annotated[tuple[RoleId, ...], Field(max_length=350)]
Limit = Annotated[int, Query(ge=1, le=limits.MEMBERS_PAGE_MAX)]


class MemberChanges(Form):
    """The body that changes a member. Null resets a field."""

    nick: Nick | None = None
    roles: Roles | None = None
    mute: bool | None = None
    deaf: bool | None = None
    channel_id: ChannelId | None = None
    communication_disabled_until: AwareDatetime | None = None
    flags: Annotated[int, Field(ge=0, lt=1 << 31)] | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, as the domain names them."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if "communication_disabled_until" in sent:
            sent["timed_out_until"] = sent.pop("communication_disabled_until")
        return sent


class OwnChanges(Form):
    """The body that changes how one is shown there."""

    nick: Nick | None = None
    avatar: str | None = None
    banner: str | None = None
    bio: Annotated[Text, StringConstraints(max_length=limits.BIO_MAX)] | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


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
        limit: Limit = 1,
        after: UserId = _FIRST,
    ) -> Response:
        """Fellow members by user id."""
        async with self._units.reading(actor) as unit:
            members = await actions.members.page(unit, guild_id, after=after, limit=limit)
        return answer([views.member(member) for member in members])

    async def search(
        self,
        guild_id: GuildId,
        actor: Actor,
        query: Annotated[Text, Query(min_length=1, max_length=100)],
        limit: Limit = 1,
    ) -> Response:
        """Fellow members of whom a name begins like this."""
        async with self._units.reading(actor) as unit:
            members = await actions.members.search(unit, guild_id, query, limit)
        return answer([views.member(member) for member in members])

    async def edit(
        self, guild_id: GuildId, user_id: UserId, form: MemberChanges, actor: Actor
    ) -> Response:
        """Change a member."""
        async with self._units.open(actor) as unit:
            member = await actions.members.edit(unit, guild_id, user_id, form.changes())
        return answer(views.member(member))

    async def edit_own(self, guild_id: GuildId, form: OwnChanges, actor: Actor) -> Response:
        """Change how one is shown there."""
        changes = form.changes()
        if changes.keys() & pictures.OF_MEMBERS.keys():
            async with self._units.reading(actor) as unit:
                await actions.members.may_edit_own(unit, guild_id, changes)
            blobs, me = self._units.tools.blobs, (guild_id, actor.user_id)
            changes = await pictures.kept(blobs, me, changes, pictures.OF_MEMBERS)
        async with self._units.open(actor) as unit:
            member = await actions.members.edit_own(unit, guild_id, changes)
        return answer(views.own_member(member))

    async def rename_own(self, guild_id: GuildId, form: OwnChanges, actor: Actor) -> Response:
        """Change one's nickname, as older libraries do."""
        changes = {"nick": form.nick}
        async with self._units.open(actor) as unit:
            member = await actions.members.edit_own(unit, guild_id, changes)
        return Response(orjson.dumps({"nick": member.nick}), media_type="application/json")

    async def kick(self, guild_id: GuildId, user_id: UserId, actor: Actor) -> Response:
        """Remove a member."""
        async with self._units.open(actor) as unit:
            await actions.members.kick(unit, guild_id, user_id)
        return nothing()

    async def me(self, guild_id: GuildId, actor: Actor) -> Response:
        """Oneself there."""
        async with self._units.reading(actor) as unit:
            member = await actions.members.one(unit, guild_id, actor.user_id)
        return answer(views.own_member(member))

    async def leave(self, guild_id: GuildId, actor: Actor) -> Response:
        """Go."""
        async with self._units.open(actor) as unit:
            await actions.members.leave(unit, guild_id)
        return nothing()


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = MembersDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/members")(door.page)
    routes.get("/guilds/{guild_id}/members/search")(door.search)
    routes.patch("/guilds/{guild_id}/members/@me")(door.edit_own)
    routes.patch("/guilds/{guild_id}/members/@me/nick")(door.rename_own)
    routes.get("/guilds/{guild_id}/members/{user_id}")(door.get)
    routes.patch("/guilds/{guild_id}/members/{user_id}")(door.edit)
    routes.delete("/guilds/{guild_id}/members/{user_id}")(door.kick)
    routes.get("/users/@me/guilds/{guild_id}/member")(door.me)
    routes.delete("/users/@me/guilds/{guild_id}")(door.leave)
    return routes
