"""What HTTP may ask about voice."""

from __future__ import annotations

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from chassis.identity import Actor
from signaling_service.views import VoiceRegion


def router(regions: tuple[VoiceRegion, ...]) -> APIRouter:
    """Every route."""
    routes = APIRouter()
    listed = orjson.dumps([region.dump() for region in regions])

    @routes.get("/voice/regions")
    async def voice_regions(actor: Actor) -> Response:
        del actor
        return Response(listed, media_type="application/json")

    return routes
