"""The doors for media signaling: LiveKit's protocol, a plain one, Discord's voice gateway for bots,
and WHIP for programs that only send; all of them adapters over the hall.

Their code is imported with the first client: the messages of LiveKit's protocol take memory.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from signaling_service.ws.reception import Reception

Serve = Callable[[Scope, Receive, Send], Awaitable[None]]


class Doors:
    """Stands around the HTTP face: takes the paths of media signaling, passes on all others."""

    def __init__(self, reception: Reception, inner: ASGIApp) -> None:
        self._reception = reception
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""
        serve = self._door(scope) if scope["type"] in ("websocket", "http") else None
        if serve is not None:
            await serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await _nothing_here(scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    def _door(self, scope: Scope) -> Serve | None:
        top = scope["path"].split("/")[1] if scope["path"] else ""
        opened = _OPENED.get(top)
        if opened is None or (not top and scope["type"] != "websocket"):
            return None
        if top == "signal" and scope["path"] != "/signal":
            return None
        return opened(self._reception)


def _livekit(reception: Reception) -> Serve:
    from signaling_service.ws import livekit

    return livekit.LiveKit(reception).serve


def _plain(reception: Reception) -> Serve:
    from signaling_service.ws import plain

    return plain.Plain(reception).serve


def _bots(reception: Reception) -> Serve:
    from signaling_service.ws import bots

    return bots.Bots(reception).serve


def _whip(reception: Reception) -> Serve:
    from signaling_service.ws import whip

    return whip.Whip(reception).serve


def _operators(reception: Reception) -> Serve:
    from signaling_service.ws import operators

    return operators.Operators(reception).serve


def _diagnostics(reception: Reception) -> Serve:
    from signaling_service.ws import diagnostics

    return diagnostics.Diagnostics(reception).serve


_OPENED: dict[str, Callable[[Reception], Serve]] = {
    "": _bots,
    "rtc": _livekit,
    "signal": _plain,
    "whip": _whip,
    "twirp": _operators,
    "diagnostics": _diagnostics,
}
"""By the first step of the path."""


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    from signaling_service.ws.sockets import refuse

    await refuse(scope, receive, send, 404, "not found")
