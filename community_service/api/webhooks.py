"""`/webhooks` and the lists of a channel's and a guild's: management, not posting."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import StringConstraints

from chassis.http import answer, nothing
from chassis.identity import Actor
from chassis.images import Picture, picture_from
from community_service import actions, views
from community_service.actions.webhooks import FullWebhook
from community_service.tools import Units
from contracts import limits
from contracts.assets import AVATARS
from contracts.identity import NOBODY
from contracts.ids import ChannelId, GuildId, WebhookId
from contracts.objects.webhook import Webhook
from contracts.wire import KEPT, Form

WebhookName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.WEBHOOK_NAME_MAX),
    KEPT,
]


class NewWebhook(Form):
    """The body that makes one."""

    name: WebhookName
    avatar: str | None = None


class WebhookChanges(Form):
    """The body that changes one. A null name leaves it as it is; a null avatar takes it away."""

    name: WebhookName | None = None
    channel_id: ChannelId | None = None
    avatar: str | None = None

    def said(self) -> dict[str, Any]:
        """What it really changes, but for a new avatar."""
        said = self.model_dump(exclude_none=True, exclude={"avatar"})
        if "avatar" in self.model_fields_set and self.avatar is None:
            said["avatar"] = None
        return said


async def _picture(sent: str | None) -> Picture | None:
    return await picture_from(sent, AVATARS, "avatar") if sent else None


class WebhooksDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def create(self, channel_id: ChannelId, form: NewWebhook, actor: Actor) -> Response:
        """A new webhook."""
        if form.avatar:
            async with self._units.reading(actor) as unit:
                await actions.webhooks.may_create(unit, channel_id)
        picture = await _picture(form.avatar)
        async with self._units.open(actor) as unit:
            made = await actions.webhooks.create(unit, channel_id, form.name, picture)
        return answer(_view(made))

    async def of_channel(self, channel_id: ChannelId, actor: Actor) -> Response:
        """Those of a channel."""
        async with self._units.reading(actor) as unit:
            found = await actions.webhooks.of_channel(unit, channel_id)
        return answer([_view(one) for one in found])

    async def of_guild(self, guild_id: GuildId, actor: Actor) -> Response:
        """Those of a guild."""
        async with self._units.reading(actor) as unit:
            found = await actions.webhooks.of_guild(unit, guild_id)
        return answer([_view(one) for one in found])

    async def get(self, webhook_id: WebhookId, actor: Actor) -> Response:
        """One that the actor manages."""
        async with self._units.reading(actor) as unit:
            found = await actions.webhooks.one(unit, webhook_id)
        return answer(_view(found))

    async def change(self, webhook_id: WebhookId, form: WebhookChanges, actor: Actor) -> Response:
        """Another name, avatar or channel."""
        if form.avatar:
            async with self._units.reading(actor) as unit:
                await actions.webhooks.one(unit, webhook_id)
        picture = await _picture(form.avatar)
        async with self._units.open(actor) as unit:
            changed = await actions.webhooks.update(unit, webhook_id, form.said(), picture)
        return answer(_view(changed))

    async def delete(self, webhook_id: WebhookId, actor: Actor) -> Response:
        """Gone."""
        async with self._units.open(actor) as unit:
            await actions.webhooks.remove(unit, webhook_id)
        return nothing()


class TokenDoor:
    """The same for whoever holds the token, without an account."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def get(self, webhook_id: WebhookId, token: str) -> Response:
        """The webhook, without its maker."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.webhooks.by_token(unit, webhook_id, token)
        return answer(views.webhook(found))

    async def change(self, webhook_id: WebhookId, token: str, form: WebhookChanges) -> Response:
        """Another name or avatar."""
        said = {name: value for name, value in form.said().items() if name != "channel_id"}
        if form.avatar:
            async with self._units.reading(NOBODY) as unit:
                await actions.webhooks.by_token(unit, webhook_id, token)
        picture = await _picture(form.avatar)
        async with self._units.open(NOBODY) as unit:
            changed = await actions.webhooks.update_by_token(unit, webhook_id, token, said, picture)
        return answer(views.webhook(changed))

    async def delete(self, webhook_id: WebhookId, token: str) -> Response:
        """Gone."""
        async with self._units.open(NOBODY) as unit:
            await actions.webhooks.remove_by_token(unit, webhook_id, token)
        return nothing()


def router(units: Units) -> APIRouter:
    """The routes."""
    door, by_token, routes = WebhooksDoor(units), TokenDoor(units), APIRouter()
    routes.post("/channels/{channel_id}/webhooks")(door.create)
    routes.get("/channels/{channel_id}/webhooks")(door.of_channel)
    routes.get("/guilds/{guild_id}/webhooks")(door.of_guild)
    routes.get("/webhooks/{webhook_id}")(door.get)
    routes.patch("/webhooks/{webhook_id}")(door.change)
    routes.delete("/webhooks/{webhook_id}")(door.delete)
    routes.get("/webhooks/{webhook_id}/{token}")(by_token.get)
    routes.patch("/webhooks/{webhook_id}/{token}")(by_token.change)
    routes.delete("/webhooks/{webhook_id}/{token}")(by_token.delete)
    return routes


def _view(found: FullWebhook) -> Webhook:
    return views.webhook(found.webhook, found.creator)
