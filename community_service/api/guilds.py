"""`/guilds` and `/users/@me/guilds`: guilds themselves."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from chassis.http import answer, nothing
from chassis.identity import Actor
from community_service import actions, pictures, views
from community_service.api.shapes import GuildName
from community_service.tools import Units
from contracts.ids import ChannelId, GuildId, UserId
from contracts.wire import Form, Text

TOLD_AT_ONCE = 500
"""Members of a deleted guild who hear of it before the reply; jobs.py tells the others."""


Feature = Annotated[Text, StringConstraints(max_length=100)]


class GuildChanges(Form):
    """The body that changes one. Null resets a field."""

    name: GuildName | None = None
    description: Annotated[Text, StringConstraints(max_length=300)] | None = None
    system_channel_id: ChannelId | None = None
    system_channel_flags: Annotated[int, Field(ge=0, lt=1 << 16)] | None = None
    afk_channel_id: ChannelId | None = None
    afk_timeout: Annotated[int, Field(ge=60, le=3_600)] | None = None
    rules_channel_id: ChannelId | None = None
    public_updates_channel_id: ChannelId | None = None
    verification_level: Annotated[int, Field(ge=0, le=4)] | None = None
    default_message_notifications: Annotated[int, Field(ge=0, le=1)] | None = None
    explicit_content_filter: Annotated[int, Field(ge=0, le=2)] | None = None
    preferred_locale: Annotated[Text, StringConstraints(min_length=2, max_length=10)] | None = None
    features: Annotated[tuple[Feature | None, ...], Field(max_length=100)] | None = None
    owner_id: UserId | None = None
    icon: str | None = None
    banner: str | None = None
    splash: str | None = None
    discovery_splash: str | None = None


class FactorForm(Form):
    """The body that asks a second factor of those who govern."""

    level: Annotated[int, Field(ge=0, le=1)]


class GuildsDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def get(self, guild_id: GuildId, actor: Actor, *, with_counts: bool = False) -> Response:
        """A guild, with approximate counts if they are wanted."""
        async with self._units.reading(actor) as unit:
            whole = await actions.guilds.one(unit, guild_id)
            count, sample = (
                await actions.guilds.member_sample(unit, guild_id) if with_counts else (None, [])
            )
        present = (
            await actions.presence.count_present(self._units.tools, sample) if with_counts else None
        )
        return answer(views.guild(*whole, members=count, present=present))

    async def change(self, guild_id: GuildId, form: GuildChanges, actor: Actor) -> Response:
        """Other settings."""
        changes = {name: getattr(form, name) for name in form.model_fields_set}
        if changes.keys() & pictures.SHELVES.keys():
            async with self._units.reading(actor) as unit:
                await actions.guilds.may_update(unit, guild_id)
            changes = await pictures.kept(self._units.tools.blobs, guild_id, changes)
        async with self._units.open(actor) as unit:
            whole = await actions.guilds.update(unit, guild_id, changes)
        return answer(views.guild(*whole))

    async def ask_for_factor(self, guild_id: GuildId, form: FactorForm, actor: Actor) -> Response:
        """Whether those who govern need a second factor."""
        async with self._units.open(actor) as unit:
            await actions.guilds.ask_for_factor(unit, guild_id, form.level)
        return Response(orjson.dumps({"level": form.level}), media_type="application/json")

    async def delete(self, guild_id: GuildId, actor: Actor) -> Response:
        """The end of a guild."""
        async with self._units.open(actor) as unit:
            await actions.guilds.remove(unit, guild_id)
        async with self._units.open(actor) as unit:
            await actions.guilds.tell_departed(unit, TOLD_AT_ONCE)
        return nothing()

    async def mine(
        self,
        actor: Actor,
        before: GuildId | None = None,
        after: GuildId | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 200,
        *,
        with_counts: bool = False,
    ) -> Response:
        """The guilds one is in, by id; with approximate counts if they are wanted."""
        async with self._units.reading(actor) as unit:
            page = await actions.guilds.mine(unit, before=before, after=after, limit=limit)
            ids = [one.guild.id for one in page]
            samples = await actions.guilds.member_samples(unit, ids) if with_counts else {}
        everybody = frozenset[int]().union(*(sample for _, sample in samples.values()))
        present = await actions.presence.glimpsed(self._units.tools, everybody) if samples else ()
        counts = {one: (n, len(sample & set(present))) for one, (n, sample) in samples.items()}
        return answer(
            [
                views.partial_guild(one.guild, actor.user_id, one.granted, counts.get(one.guild.id))
                for one in page
            ]
        )


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = GuildsDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}")(door.get)
    routes.patch("/guilds/{guild_id}")(door.change)
    routes.delete("/guilds/{guild_id}")(door.delete)
    routes.post("/guilds/{guild_id}/mfa")(door.ask_for_factor)
    routes.get("/users/@me/guilds")(door.mine)
    return routes
