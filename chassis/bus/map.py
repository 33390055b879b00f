"""The map of a cluster's slots, kept true.

It is asked of any server that answers: every few seconds, several times a second while one is away,
and when one refuses what it was asked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import hiredis

from chassis.bus.resp import dial
from chassis.bus.slots import Address, Slots, parse
from chassis.bus.urls import Place
from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks

log = logger("bus")

_CALM_S = 5.0
_TROUBLED_S = 0.2
_PATIENCE_S = 2.0


class Map:
    """Looks, and has every change and doubt followed. `trusted` are the servers that are connected:
    while that is not all of them, it looks often.
    """

    def __init__(
        self,
        place: Place,
        *,
        follow: Callable[[Slots], Awaitable[None]],
        trusted: Callable[[], Sequence[Address]],
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._place = place
        self._follow = follow
        self._trusted = trusted
        self._clock = clock
        self._tasks = tasks
        self._slots = Slots([])
        self._view = 0
        self._doubts = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._watching = self._tasks.spawn("bus.map", self._watch(), fatal=True)

    async def stop(self) -> None:
        """Look no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    def doubt(self) -> None:
        """It may be wrong: look again soon."""
        self._doubts.set()

    async def _watch(self) -> None:
        is_doubted = False
        while True:
            await self._look(anew=is_doubted)
            is_calm = self._slots.servers == set(self._trusted())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CALM_S if is_calm else _TROUBLED_S):
                    await self._doubts.wait()
            if is_doubted := self._doubts.is_set():
                # Not for each of many refusals: what moves needs a moment.
                await self._clock.sleep(_TROUBLED_S)
                self._doubts.clear()

    async def _look(self, *, anew: bool) -> None:
        others = (*self._place.addresses, *self._slots.servers)
        for address in dict.fromkeys((*self._trusted(), *others)):
            try:
                view, slots = await self._ask(address)
            except (OSError, TimeoutError, hiredis.HiredisError) as error:
                log.debug("redis.map_unknown", server=address, reason=str(error))
                continue
            # A server that was cut off from the others may tell of former times.
            if view >= self._view and slots.servers:
                self._view = view
                if anew or slots != self._slots:
                    log.info("redis.mapped", servers=len(slots.servers))
                    self._slots = slots
                    await self._follow(slots)
                return
        log.warning("redis.unreachable", line="map")

    async def _ask(self, address: Address) -> tuple[int, Slots]:
        """What one server knows, and how recent that is."""
        connection = await dial(self._place.at(address), "map", lambda words: None, any_role=True)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                about = (await connection.call("CLUSTER", "INFO")).decode()
                slots = parse(await connection.call("CLUSTER", "SLOTS"), address)
        finally:
            connection.abort()
        fields = dict(line.partition(":")[::2] for line in about.splitlines())
        return int(fields.get("cluster_current_epoch", 0)), slots
