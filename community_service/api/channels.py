"""Channels of guilds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field

from chassis.http import answer
from chassis.identity import Actor
from community_service import actions, views
from community_service.api.shapes import ChannelName, Topic
from community_service.domain.channels import ChannelDraft
from community_service.tools import Units
from contracts.ids import ChannelId, GuildId, Snowflake
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.wire import Bits, Form

OVERWRITES_MOST = 500

Position = Annotated[int, Field(ge=0, le=1_000_000)]
Slowmode = Annotated[int, Field(ge=0, le=21_600)]
Bitrate = Annotated[int, Field(ge=8_000, le=384_000)]
UserLimit = Annotated[int, Field(ge=0, le=10_000)]


class OverwriteForm(Form):
    """What to grant and take; libraries send numbers, strings and nulls."""

    id: Snowflake
    type: OverwriteType
    allow: Bits | None = None
    deny: Bits | None = None

    def overwrite(self) -> ChannelOverwrite:
        """The same, without nulls."""
        return ChannelOverwrite(
            id=self.id, type=self.type, allow=self.allow or 0, deny=self.deny or 0
        )


Overwrites = Annotated[tuple[OverwriteForm, ...], Field(max_length=OVERWRITES_MOST)]


class ChannelChanges(Form):
    """The body that edits a channel. Null resets a field, where it can be reset."""

    name: ChannelName | None = None
    position: Position | None = None
    parent_id: ChannelId | None = None
    topic: Topic | None = None
    nsfw: bool | None = None
    rate_limit_per_user: Slowmode | None = None
    bitrate: Bitrate | None = None
    user_limit: UserLimit | None = None
    permission_overwrites: Overwrites | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, as the domain names them."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        overwrites = sent.pop("permission_overwrites", None)
        if overwrites is None:
            return sent
        return {**sent, "overwrites": tuple(one.overwrite() for one in overwrites)}


class NewChannel(ChannelChanges):
    """The body that makes a channel."""

    name: ChannelName
    type: ChannelType | None = None

    def draft(self) -> ChannelDraft:
        """The channel as it is wanted."""
        given = {name: value for name, value in self.changes().items() if value is not None}
        return ChannelDraft(**{"type": ChannelType.TEXT, **given})


class ChannelsDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def of_guild(self, guild_id: GuildId, actor: Actor) -> Response:
        """Those that one can see."""
        async with self._units.reading(actor) as unit:
            channels = await actions.channels.of_guild(unit, guild_id)
        return answer([views.channel(channel) for channel in channels])

    async def create(self, guild_id: GuildId, form: NewChannel, actor: Actor) -> Response:
        """A new channel."""
        async with self._units.open(actor) as unit:
            channel = await actions.channels.create(unit, guild_id, form.draft())
        return answer(views.channel(channel), 201)

    async def get(self, channel_id: ChannelId, actor: Actor) -> Response:
        """A channel that one can see."""
        async with self._units.reading(actor) as unit:
            channel = await actions.channels.one(unit, channel_id)
        return answer(views.channel(channel))

    async def edit(self, channel_id: ChannelId, form: ChannelChanges, actor: Actor) -> Response:
        """Other settings."""
        async with self._units.open(actor) as unit:
            channel = await actions.channels.edit(unit, channel_id, form.changes())
        return answer(views.channel(channel))

    async def delete(self, channel_id: ChannelId, actor: Actor) -> Response:
        """The end of a channel."""
        async with self._units.open(actor) as unit:
            channel = await actions.channels.remove(unit, channel_id)
        return answer(views.channel(channel))


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = ChannelsDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/channels")(door.of_guild)
    routes.post("/guilds/{guild_id}/channels")(door.create)
    routes.get("/channels/{channel_id}")(door.get)
    routes.patch("/channels/{channel_id}")(door.edit)
    routes.delete("/channels/{channel_id}")(door.delete)
    return routes
