"""`/guilds/{id}/emojis`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from chassis.http import answer, nothing
from chassis.identity import Actor
from chassis.images import picture_from
from community_service import actions, views
from community_service.tools import Units
from contracts import limits
from contracts.assets import EMOJIS
from contracts.ids import EmojiId, GuildId, RoleId
from contracts.wire import Form

EmojiName = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9_]+$",
        min_length=limits.EMOJI_NAME_MIN,
        max_length=limits.EMOJI_NAME_MAX,
    ),
]
"""What clients find between the colons of `<:name:id>`."""
Roles = Annotated[tuple[RoleId, ...], Field(max_length=limits.ROLES_PER_GUILD)]


class NewEmoji(Form):
    """The body that makes one."""

    name: EmojiName
    image: str
    roles: Roles | None = None


class EmojiChanges(Form):
    """The body that edits one. Null roles let everybody use it."""

    name: EmojiName | None = None
    roles: Roles | None = None

    def said(self) -> dict[str, Any]:
        """What it really changes."""
        said: dict[str, Any] = {}
        if self.name is not None:
            said["name"] = self.name
        if "roles" in self.model_fields_set:
            said["roles"] = self.roles or ()
        return said


class EmojisDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def page(self, guild_id: GuildId, actor: Actor) -> Response:
        """All of a guild."""
        async with self._units.reading(actor) as unit:
            found = await actions.emojis.of_guild(unit, guild_id)
        return answer([views.emoji(one) for one in found])

    async def get(self, guild_id: GuildId, emoji_id: EmojiId, actor: Actor) -> Response:
        """One of them."""
        async with self._units.reading(actor) as unit:
            found = await actions.emojis.one(unit, guild_id, emoji_id)
        return answer(views.emoji(found))

    async def create(self, guild_id: GuildId, form: NewEmoji, actor: Actor) -> Response:
        """A new one."""
        async with self._units.reading(actor) as unit:
            await actions.emojis.may_create(unit, guild_id)
        picture = await picture_from(form.image, EMOJIS)
        async with self._units.open(actor) as unit:
            made = await actions.emojis.create(unit, guild_id, form.name, form.roles or (), picture)
        return answer(views.emoji(made), 201)

    async def edit(
        self, guild_id: GuildId, emoji_id: EmojiId, form: EmojiChanges, actor: Actor
    ) -> Response:
        """Another name or other roles."""
        async with self._units.open(actor) as unit:
            changed = await actions.emojis.edit(unit, guild_id, emoji_id, form.said())
        return answer(views.emoji(changed))

    async def delete(self, guild_id: GuildId, emoji_id: EmojiId, actor: Actor) -> Response:
        """Gone, with its picture."""
        async with self._units.open(actor) as unit:
            await actions.emojis.remove(unit, guild_id, emoji_id)
        await self._units.tools.blobs.delete([EMOJIS.key(emoji_id)])
        return nothing()


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = EmojisDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/emojis")(door.page)
    routes.post("/guilds/{guild_id}/emojis")(door.create)
    routes.get("/guilds/{guild_id}/emojis/{emoji_id}")(door.get)
    routes.patch("/guilds/{guild_id}/emojis/{emoji_id}")(door.edit)
    routes.delete("/guilds/{guild_id}/emojis/{emoji_id}")(door.delete)
    return routes
