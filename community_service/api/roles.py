"""Roles of a guild, and who holds them."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Response
from pydantic import FailFast, Field, StringConstraints

from chassis.http import answer, nothing
from chassis.identity import Actor
from community_service import actions, pictures, views
from community_service.tools import Units
from contracts import limits
from contracts.identity import Identity
from contracts.ids import GuildId, RoleId, UserId
from contracts.wire import KEPT, Bits, Form, Text

_COLOR_MOST = 0xFFFFFF
_PLACE_MOST = 10_000

Color = Annotated[int, Field(ge=0, le=_COLOR_MOST)]
RoleName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.ROLE_NAME_MAX),
    KEPT,
]


class RoleColorsForm(Form):
    """Up to three colours, as newer clients send them."""

    primary_color: Color | None = None
    secondary_color: Color | None = None
    tertiary_color: Color | None = None


class RoleForm(Form):
    """The body that makes or edits a role. Null resets a field, where it can be reset."""

    name: RoleName | None = None
    permissions: Bits | None = None
    color: Color | None = None
    colors: RoleColorsForm | None = None
    hoist: bool | None = None
    mentionable: bool | None = None
    icon: str | None = None
    unicode_emoji: Annotated[Text, StringConstraints(max_length=100)] | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, as the domain names them."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        colors: RoleColorsForm | None = sent.pop("colors", None)
        if colors is not None:
            sent["color"] = colors.primary_color
            sent["secondary_color"] = colors.secondary_color
            sent["tertiary_color"] = colors.tertiary_color
        return sent


class RolePlace(Form):
    """Where a role is to stand."""

    id: RoleId | None = None
    position: Annotated[int, Field(le=_PLACE_MOST)] | None = None


RolePlaces = Annotated[list[RolePlace], Field(max_length=limits.ROLES_PER_GUILD), FailFast()]


class RolesDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def of_guild(self, guild_id: GuildId, actor: Actor) -> Response:
        """All of them."""
        async with self._units.reading(actor) as unit:
            roles = await actions.roles.of_guild(unit, guild_id)
        return answer([views.role(role) for role in roles])

    async def member_counts(self, guild_id: GuildId, actor: Actor) -> Response:
        """How many members hold each."""
        async with self._units.reading(actor) as unit:
            counts = await actions.roles.member_counts(unit, guild_id)
        body = orjson.dumps({str(role_id): count for role_id, count in counts.items()})
        return Response(body, media_type="application/json")

    async def get(self, guild_id: GuildId, role_id: RoleId, actor: Actor) -> Response:
        """One of them."""
        async with self._units.reading(actor) as unit:
            role = await actions.roles.one(unit, guild_id, role_id)
        return answer(views.role(role))

    async def create(self, guild_id: GuildId, form: RoleForm, actor: Actor) -> Response:
        """A new role."""
        async with self._units.reading(actor) as unit:
            role_id = unit.new_id()
        wanted = await self._with_picture(guild_id, role_id, form.changes(), actor)
        async with self._units.open(actor) as unit:
            role = await actions.roles.create(unit, guild_id, role_id, wanted)
        return answer(views.role(role))

    async def edit(
        self, guild_id: GuildId, role_id: RoleId, form: RoleForm, actor: Actor
    ) -> Response:
        """Other settings."""
        changes = await self._with_picture(guild_id, role_id, form.changes(), actor)
        async with self._units.open(actor) as unit:
            role = await actions.roles.edit(unit, guild_id, role_id, changes)
        return answer(views.role(role))

    async def _with_picture(
        self, guild_id: int, role_id: int, changes: dict[str, Any], actor: Identity
    ) -> dict[str, Any]:
        """Nobody works on pictures for those who may not change roles."""
        if not changes.get("icon"):
            return changes
        async with self._units.reading(actor) as unit:
            await actions.roles.may_arrange(unit, guild_id)
        blobs = self._units.tools.blobs
        return await pictures.kept(blobs, role_id, changes, pictures.OF_ROLES)

    async def reorder(self, guild_id: GuildId, form: RolePlaces, actor: Actor) -> Response:
        """Another order."""
        places = {int(one.id): one.position for one in form if one.id and one.position is not None}
        async with self._units.open(actor) as unit:
            roles = await actions.roles.reorder(unit, guild_id, places)
        return answer([views.role(role) for role in roles])

    async def delete(self, guild_id: GuildId, role_id: RoleId, actor: Actor) -> Response:
        """The end of a role."""
        async with self._units.open(actor) as unit:
            await actions.roles.remove(unit, guild_id, role_id)
        return nothing()

    async def give(
        self, guild_id: GuildId, user_id: UserId, role_id: RoleId, actor: Actor
    ) -> Response:
        """A member holds it from now on."""
        async with self._units.open(actor) as unit:
            await actions.roles.give(unit, guild_id, user_id, role_id)
        return nothing()

    async def take(
        self, guild_id: GuildId, user_id: UserId, role_id: RoleId, actor: Actor
    ) -> Response:
        """A member holds it no more."""
        async with self._units.open(actor) as unit:
            await actions.roles.take(unit, guild_id, user_id, role_id)
        return nothing()


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = RolesDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/roles")(door.of_guild)
    routes.post("/guilds/{guild_id}/roles")(door.create)
    routes.patch("/guilds/{guild_id}/roles")(door.reorder)
    routes.get("/guilds/{guild_id}/roles/member-counts")(door.member_counts)
    routes.get("/guilds/{guild_id}/roles/{role_id}")(door.get)
    routes.patch("/guilds/{guild_id}/roles/{role_id}")(door.edit)
    routes.delete("/guilds/{guild_id}/roles/{role_id}")(door.delete)
    routes.put("/guilds/{guild_id}/members/{user_id}/roles/{role_id}")(door.give)
    routes.delete("/guilds/{guild_id}/members/{user_id}/roles/{role_id}")(door.take)
    return routes
