"""The link in a digest that ends them: one click, by a person or by their mail program (RFC 8058).
Looking at it changes nothing, as programs look at every link in a letter.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from contracts.errors import NotFound
from contracts.identity import NOBODY
from notification_service import actions
from notification_service.tools import Units

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Moim</title>
<body style="font-family:sans-serif;max-width:30em;margin:4em auto">
{body}
</body></html>
"""
_ASK = """<p>No more letters about what you missed? · 놓친 소식 메일을 그만 받으시겠습니까?</p>
<form method="post"><button>OK · 그만 받기</button></form>"""
_DONE = "<p>No more letters. · 더 이상 보내지 않습니다.</p>"


class DigestsDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def ask(self, ticket: str) -> Response:
        """One button."""
        del ticket
        return HTMLResponse(_PAGE.format(body=_ASK))

    async def end(self, ticket: str) -> Response:
        """No more of them."""
        async with self._units.open(NOBODY) as unit:
            if not await actions.digesting.end(unit, ticket):
                raise NotFound
        return HTMLResponse(_PAGE.format(body=_DONE))


def router(units: Units) -> APIRouter:
    """These routes."""
    door, routes = DigestsDoor(units), APIRouter()
    routes.get("/notifications/unsubscribe/{ticket}")(door.ask)
    routes.post("/notifications/unsubscribe/{ticket}")(door.end)
    return routes
