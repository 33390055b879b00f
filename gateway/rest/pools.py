"""The connections to each service behind the edge: kept alive, bounded, the last used first.

Brief requests share one lane, where the service has one and it is open; all others, and those that
find none, have a connection to themselves. What travels over them is for lane.py and upstream.py.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping

from chassis.clock import Clock
from chassis.logs import logger
from chassis.names import Named
from chassis.tasks import Tasks
from gateway.rest.lane import Lane
from gateway.rest.upstream import Carried, UpstreamConnection

log = logger("upstream")

CONNECT_WITHIN_S = 2.0
IDLE_FOR_S = 55.0
"""Less than the services keep a silent connection, so that a request rarely meets a closed one."""
CONNECTIONS = 128
WAITING = 2_000
LANE_AGAIN_S = 1.0


class Pool:
    """The connections to one service: the one used last is used first, the others fall idle."""

    def __init__(
        self, service: str, address: tuple[str, int], *, clock: Clock, tasks: Tasks
    ) -> None:
        self.service = service
        self.most = CONNECTIONS
        self.most_waiting = WAITING
        self._place = Named(*address, tasks)
        self._tasks = tasks
        self._swept_at = clock.monotonic()
        self._idle: list[UpstreamConnection] = []
        self._open: set[UpstreamConnection] = set()
        self._connecting = 0
        self._waiting: deque[Carried] = deque()
        self._lane: Lane | None = None
        self._lanes: set[Lane] = set()
        self._lane_due = self._swept_at

    def submit(self, exchange: Carried, *, fresh: bool = False) -> None:
        """Send a request as soon as a connection is free; `fresh` insists on a new one."""
        if exchange.is_brief:
            if self._lane is None:
                self._want_lane()
            elif self._lane.is_open:
                self._lane.carry(exchange)
                return
        while self._idle and not fresh:
            connection = self._idle.pop()
            if not connection.is_closing():
                connection.carry(exchange)
                return
        if fresh or len(self._open) + self._connecting < self.most:
            self._connecting += 1
            self._tasks.spawn("upstream.connect", self._connect(exchange))
        elif len(self._waiting) < self.most_waiting:
            self._waiting.append(exchange)
        else:
            exchange.upstream_absent()

    def release(self, connection: UpstreamConnection) -> None:
        """The connection is free: for whoever waits, or for later."""
        while self._waiting:
            exchange = self._waiting.popleft()
            if not exchange.is_gone:
                connection.carry(exchange)
                return
        connection.idle_since = self._swept_at
        self._idle.append(connection)

    def gone(self, connection: UpstreamConnection) -> None:
        """The connection is no more."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._replace()

    def lane_ended(self, ended: Lane) -> None:
        """It takes nothing more; it is swept until its last exchange is over."""
        if self._lane is ended:
            self._lane = None
            self._lane_due = self._swept_at + LANE_AGAIN_S

    def sweep(self, now: float) -> None:
        """Close what has been idle so long that the service may close it."""
        self._swept_at = now
        for lane in tuple(self._lanes):
            lane.sweep()
            if lane.is_gone:
                self._lanes.discard(lane)
        while self._idle and self._idle[0].idle_since < now - IDLE_FOR_S:
            self._idle.pop(0).drop()

    def close(self) -> None:
        """Drop every connection."""
        for connection in tuple(self._open):
            connection.drop()
        for lane in tuple(self._lanes):
            lane.close()

    def counts(self) -> tuple[int, int, int]:
        """Connections open, idle, and exchanges waiting for one."""
        return len(self._open), len(self._idle), len(self._waiting)

    async def _connect(self, exchange: Carried) -> None:
        connection: UpstreamConnection | None = None
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                connection = await self._place.connect(lambda: UpstreamConnection(self))
        except (OSError, TimeoutError) as error:
            log.warning("upstream.unreachable", service=self.service, error=str(error))
        finally:
            self._connecting -= 1
        if connection is None:
            exchange.upstream_absent()
            self._replace()
            return
        self._open.add(connection)
        if exchange.is_gone:
            self.release(connection)
        else:
            connection.carry(exchange)

    def _want_lane(self) -> None:
        if self._swept_at >= self._lane_due:
            lane = self._lane = Lane(self)
            self._tasks.spawn("upstream.lane", self._connect_lane(lane))

    async def _connect_lane(self, lane: Lane) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await self._place.connect(lambda: lane)
            self._lanes.add(lane)
        except (OSError, TimeoutError) as error:
            log.warning("upstream.unreachable", service=self.service, error=str(error))
            self.lane_ended(lane)

    def _replace(self) -> None:
        """Those who wait must not wait for a connection that never comes."""
        while self._waiting and len(self._open) + self._connecting < self.most:
            exchange = self._waiting.popleft()
            if not exchange.is_gone:
                self.submit(exchange)


class Upstreams:
    """The pools by service."""

    def __init__(
        self, addresses: Mapping[str, tuple[str, int]], *, clock: Clock, tasks: Tasks
    ) -> None:
        self._pools = {
            service: Pool(service, address, clock=clock, tasks=tasks)
            for service, address in addresses.items()
        }

    def pool(self, service: str) -> Pool | None:
        """The pool of a service; None if this installation has none."""
        return self._pools.get(service)

    def sweep(self, now: float) -> None:
        """Once in a while."""
        for pool in self._pools.values():
            pool.sweep(now)

    def close(self) -> None:
        """At the end."""
        for pool in self._pools.values():
            pool.close()
