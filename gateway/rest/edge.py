"""The HTTP side of the gateway as one part: its shared state, its sweep, its drain."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from chassis.metrics import Metrics
from gateway.rest.connection import EdgeProtocol
from gateway.rest.desk import Desk

SWEEP_S = 1.0


class Edge:
    """Owns everything that requests share. Give `protocol_class()` to the HTTP server."""

    name = "edge"

    def __init__(self, desk: Desk, metrics: Metrics) -> None:
        self.desk = desk
        self._sweeping: asyncio.Task[None] | None = None
        connections = metrics.gauge("edge_connections", "HTTP connections of clients")
        connections.set_function(lambda: len(self.desk.connections))

    def protocol_class(self) -> type[EdgeProtocol]:
        """The class that uvicorn makes one of per connection."""
        desk = self.desk

        class BoundEdgeProtocol(EdgeProtocol):
            """With uvicorn's signature for `http` classes."""

            __slots__ = ()

            def __init__(
                self,
                config: Config,
                server_state: ServerState,
                app_state: dict[str, Any],
                _loop: asyncio.AbstractEventLoop | None = None,
            ) -> None:
                del config, app_state, _loop
                super().__init__(desk, server_state)

        return BoundEdgeProtocol

    async def start(self) -> None:
        """Begin to sweep."""
        self._sweeping = self.desk.tasks.spawn("edge.sweep", self._sweep_always(), fatal=True)

    async def stop(self) -> None:
        """Drop the connections to the services."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        self.desk.upstreams.close()

    def trouble(self) -> str | None:
        """The edge answers for absent services itself, so nothing keeps it from serving."""
        return None

    async def drain(self) -> None:
        """From now on every answer ends its connection."""
        self.desk.is_draining = True

    def sweep(self) -> None:
        """End what is overdue; one pass for all instead of a timer for each."""
        now = self.desk.clock.monotonic()
        for connection in [each for each in self.desk.connections if each.deadline < now]:
            connection.expire()
        self.desk.upstreams.sweep(now)
        self.desk.limiter.sweep(now)
        self.desk.tally.sweep()

    async def _sweep_always(self) -> None:
        while True:
            await self.desk.clock.sleep(SWEEP_S)
            self.sweep()
