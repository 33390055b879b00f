"""The doors for media signaling: LiveKit's protocol, a plain one, and Discord's voice gateway for
bots, all adapters over the hall.

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
        path = scope["path"]
        if path in ("", "/") and scope["type"] == "websocket":
            from signaling_service.ws import bots

            return bots.Bots(self._reception).serve
        if path == "/rtc" or path.startswith("/rtc/"):
            from signaling_service.ws import livekit

            return livekit.LiveKit(self._reception).serve
        if path == "/signal":
            from signaling_service.ws import plain

            return plain.Plain(self._reception).serve
        if path.startswith("/twirp/"):
            from signaling_service.ws import operators

            return operators.Operators(self._reception).serve
        if path == "/diagnostics" or path.startswith("/diagnostics/"):
            from signaling_service.ws import diagnostics

            return diagnostics.Diagnostics(self._reception).serve
        return None


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    from signaling_service.ws.sockets import refuse

    await refuse(scope, receive, send, 404, "not found")
