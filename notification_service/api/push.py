"""`/push`: what a browser needs to subscribe: a public key, and a service worker."""

from __future__ import annotations

from pathlib import Path

import orjson
from fastapi import APIRouter, Response

from contracts.errors import NotFound
from notification_service.tools import Units

_WORKER = Path(__file__).parent.parent / "assets" / "push-worker.js"


class PushDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._key = units.tools.policy.web_key
        self._worker = _WORKER.read_bytes()

    async def key(self) -> Response:
        """Which `applicationServerKey` to subscribe with; 404 where Web Push is switched off."""
        key = self._key()
        if not key:
            raise NotFound
        body = orjson.dumps({"public_key": key})
        return Response(body, media_type="application/json")

    async def worker(self) -> Response:
        """The service worker, which may serve the whole site."""
        headers = {"Service-Worker-Allowed": "/", "Cache-Control": "no-cache"}
        return Response(self._worker, media_type="text/javascript", headers=headers)


def router(units: Units) -> APIRouter:
    """These routes."""
    door, routes = PushDoor(units), APIRouter()
    routes.get("/push/key")(door.key)
    routes.get("/push/worker.js")(door.worker)
    return routes
