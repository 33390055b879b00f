"""A plain protocol in JSON, the smallest client that anyone can write: `/signal`."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from signaling_service.ws.reception import Reception
from signaling_service.ws.sockets import refuse


class Plain:
    """Serves one connection."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A client comes."""
        await refuse(scope, receive, send, 404, "not found")
