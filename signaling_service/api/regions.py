"""Where voice is spoken."""

from __future__ import annotations

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from chassis.identity import Actor
from contracts.ids import GuildId
from signaling_service.actions import listing
from signaling_service.tools import Tools
from signaling_service.views import VoiceRegion


def router(tools: Tools, regions: tuple[VoiceRegion, ...]) -> APIRouter:
    """Every route."""
    routes = APIRouter()
    listed = orjson.dumps([region.dump() for region in regions])

    @routes.get("/voice/regions")
    async def voice_regions(actor: Actor) -> Response:
        """Where voice is spoken."""
        del actor
        return Response(listed, media_type="application/json")

    @routes.get("/guilds/{guild_id}/regions")
    async def guild_regions(actor: Actor, guild_id: GuildId) -> Response:
        """The same, for members of a community."""
        await listing.require_member(tools, guild_id, actor.user_id)
        return Response(listed, media_type="application/json")

    @routes.get("/soundboard-default-sounds")
    async def default_sounds(actor: Actor) -> Response:
        """None; py-cord never becomes ready without having asked."""
        del actor
        return Response(b"[]", media_type="application/json")

    return routes
