"""What every connection of the edge shares: routes, who is who, limits, ways to the services.

Only holds them; what is done with them is elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.types import ASGIApp

from chassis.clock import Clock
from chassis.tasks import Tasks
from gateway.rest.authenticate import Authenticator, Stamps
from gateway.rest.familiar import Familiar
from gateway.rest.heads import Headers
from gateway.rest.peers import Peers
from gateway.rest.pools import Upstreams
from gateway.rest.ratelimit import Limiter
from gateway.rest.routes import Routes
from gateway.rest.tally import Tally

if TYPE_CHECKING:
    from gateway.rest.connection import EdgeProtocol

Carry = Callable[[asyncio.Transport, bytes, Headers, bytes], None]
"""Takes a transport over for WebSocket: (transport, b"GET /path?query", headers, bytes beyond)."""
Adopt = Callable[[asyncio.Transport, bytes, Headers, bytes, bytes], None]
"""The same, and the address of the caller."""


def _prefix() -> bytes:
    return uuid4().hex[:8].encode()


@dataclass(slots=True, eq=False)
class Desk:
    """The shared state of the edge of one process."""

    routes: Routes
    authenticator: Authenticator
    stamps: Stamps
    limiter: Limiter
    upstreams: Upstreams
    app: ASGIApp
    adopt: Adopt
    clock: Clock
    tasks: Tasks
    tally: Tally
    peers: Peers
    familiar: Familiar = field(default_factory=Familiar)
    connections: set[EdgeProtocol] = field(default_factory=set)
    is_draining: bool = False
    _prefix: bytes = field(default_factory=_prefix)
    _numbers: count[int] = field(default_factory=count)

    def request_id(self) -> bytes:
        """A new id, unique over processes and restarts."""
        return b"%b-%08x" % (self._prefix, next(self._numbers))
