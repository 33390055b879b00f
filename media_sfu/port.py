"""The UDP socket that media arrives on. What the packets mean is not this file's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chassis.clock import Clock
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.tasks import Tasks

log = logger("media")

_TRY_EVERY_S = 1.0


class UdpPort:
    """A part that holds the port, and tries again while somebody else does."""

    name = "udp"

    def __init__(
        self, bind: str, port: int, *, clock: Clock, tasks: Tasks, metrics: Metrics
    ) -> None:
        self._bind = bind
        self._port = port
        self._clock = clock
        self._tasks = tasks
        self._packets = metrics.counter("media_packets", "Packets received")
        self._transport: asyncio.DatagramTransport | None = None
        self._trouble: str | None = "not bound yet"

    @property
    def port(self) -> int:
        """Where media arrives, once bound."""
        return self._port

    async def start(self) -> None:
        """Bind now or, if that can not be, as soon as it can."""
        if not await self._bound():
            self._tasks.spawn("udp:bind", self._persist(), fatal=True)

    async def stop(self) -> None:
        """Let go of the port."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def trouble(self) -> str | None:
        """Why media can not arrive."""
        return self._trouble

    async def _persist(self) -> None:
        while not await self._bound():
            await self._clock.sleep(_TRY_EVERY_S)

    async def _bound(self) -> bool:
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(
                lambda: _Arrivals(self._packets.inc), (self._bind, self._port)
            )
        except OSError as error:
            if self._trouble != str(error):
                log.warning("udp.not_bound", port=self._port, error=str(error))
            self._trouble = str(error)
            return False
        self._port = self._transport.get_extra_info("sockname")[1]
        self._trouble = None
        return True


class _Arrivals(asyncio.DatagramProtocol):
    def __init__(self, arrived: Callable[[], None]) -> None:
        self._arrived = arrived

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Count it."""
        self._arrived()
