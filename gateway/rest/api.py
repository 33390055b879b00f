"""The few routes that the gateway answers itself: where the socket is, and pages for people.

Everything else belongs to a service; routes.py says to which.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse

_LANDING = Path(__file__).with_name("landing.html")
_ACCOUNT = Path(__file__).with_name("account.html")
_IDENTIFIES_PER_DAY = 1_000
_DAY_MS = 86_400_000


def router(public_url: str) -> APIRouter:
    """Routes of an installation that is reached at `public_url` (http or https)."""
    base = public_url.rstrip("/")
    socket_url = "ws" + base.removeprefix("http")
    page = _LANDING.read_text(encoding="utf-8").replace("{{url}}", base)
    page = page.replace("{{socket}}", socket_url)
    account_page = _ACCOUNT.read_text(encoding="utf-8")
    routes = APIRouter()

    @routes.get("/gateway")
    async def get_gateway() -> dict[str, str]:
        """Where the socket is."""
        return {"url": socket_url}

    @routes.get("/gateway/bot")
    async def get_bot_gateway() -> dict[str, Any]:
        """The same, with advice for bots. The edge lets only callers with a token come here."""
        return {
            "url": socket_url,
            "shards": 1,
            "session_start_limit": {
                "total": _IDENTIFIES_PER_DAY,
                "remaining": _IDENTIFIES_PER_DAY,
                "reset_after": _DAY_MS,
                "max_concurrency": 16,
            },
        }

    @routes.get("/")
    async def landing() -> HTMLResponse:
        """What this server is."""
        return HTMLResponse(page)

    @routes.get("/verify")
    @routes.get("/reset")
    async def account() -> HTMLResponse:
        """Where links in letters lead: the secret behind the # stays in the browser."""
        return HTMLResponse(account_page, headers={"cache-control": "no-cache"})

    return routes
