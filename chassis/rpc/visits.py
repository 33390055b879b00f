"""Links to processes known by address only, such as another gateway: made when needed, kept while
they are used, given up when they break.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chassis.rpc.failures import Away
from chassis.rpc.neighbour import Neighbour, Side
from chassis.rpc.protocol import Pair
from chassis.tasks import Tasks

MOST = 64
IDLE_S = 60.0

Address = tuple[str, int]
Key = tuple[str, Address]


class Visits:
    """At most one link to an address and service, at most 64 in all."""

    def __init__(self, pair_with: Callable[[str], Pair], side: Side, tasks: Tasks) -> None:
        self._pair_with = pair_with
        self._side = side
        self._tasks = tasks
        self._hosts: dict[Key, Neighbour] = {}
        self._used_at: dict[Key, float] = {}
        self._running: set[asyncio.Task[None]] = set()

    def host(self, service: str, address: Address) -> Neighbour:
        """The link to this address, connecting if it is new."""
        key = (service, address)
        host = self._hosts.get(key)
        if host is None:
            if len(self._hosts) >= MOST:
                raise Away(message="too many addresses are asked at once")
            host = self._hosts[key] = Neighbour(self._pair_with(service), address, self._side)
            task = self._tasks.spawn(f"visit:{service}", self._live(key, host))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        self._used_at[key] = self._side.clock.monotonic()
        return host

    def hosts(self) -> tuple[Neighbour, ...]:
        """Those visited now."""
        return tuple(self._hosts.values())

    def end_idle(self) -> None:
        """Leave whom nobody asked for a minute."""
        long_ago = self._side.clock.monotonic() - IDLE_S
        for key, host in tuple(self._hosts.items()):
            if self._used_at[key] < long_ago and host.is_idle:
                host.leave()

    async def close(self) -> None:
        """Leave everybody."""
        hosts, running = self.hosts(), tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for host in hosts:
            await host.close()

    async def _live(self, key: Key, host: Neighbour) -> None:
        try:
            await host.live()
        finally:
            del self._hosts[key], self._used_at[key]
            host.give_up()
