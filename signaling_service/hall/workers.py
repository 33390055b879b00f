"""The media workers linked to this process: who lives, how busy each is, and how to ask it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from chassis.clock import Clock
from chassis.rpc import Calls
from chassis.rpc.failures import Away, Lost
from contracts.errors import DomainError, Unavailable
from contracts.rpc.base import Call
from contracts.rpc.media_news import WorkerHere
from contracts.rpc.media_stats import ListRooms
from contracts.wire import Wire

R = TypeVar("R", bound=Wire)

COMES_WITHIN_S = 4.0
"""A worker that died is started again in less; clients wait five seconds for their first word."""
ANSWERS_WITHIN_S = 1.0


@dataclass(slots=True)
class _Worker:
    said: WorkerHere
    heard_at: float


class Workers:
    """Whoever said lately that it is here."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._workers: dict[str, _Worker] = {}
        self._came = asyncio.Event()

    def __len__(self) -> int:
        return len(self._workers)

    def hear(self, said: WorkerHere) -> bool:
        """A worker is here. True: it began anew, and what was on it is gone."""
        former = self._workers.get(said.worker)
        self._workers[said.worker] = _Worker(said, self._clock.monotonic())
        self._came.set()
        return former is not None and former.said.epoch != said.epoch

    def silent(self) -> list[str]:
        """Workers that were not heard for their lease; they are forgotten."""
        now = self._clock.monotonic()
        gone = [
            name for name, one in self._workers.items() if now - one.heard_at > one.said.lease_s
        ]
        for name in gone:
            del self._workers[name]
        return gone

    async def until_any(self) -> None:
        """Wait until there is one, or until waiting is of no use: none may be here then."""
        if not self._workers:
            self._came.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(COMES_WITHIN_S):
                    await self._came.wait()

    async def is_dead(self, name: str) -> bool:
        """Its link broke: whether nobody answers at its address either, or somebody who began anew.
        It is forgotten then. A worker that is only slow lives as long as its lease.
        """
        known = self._workers.get(name)
        if known is None:
            return False
        host, _, port = known.said.address.rpartition(":")
        try:
            at = (host, int(port))
            found = await self._calls.ask_at(at, ListRooms(), deadline=ANSWERS_WITHIN_S)
            is_dead = found.epoch != known.said.epoch
        except (Away, Lost):
            is_dead = True
        except DomainError:
            is_dead = False
        if not is_dead or self._workers.get(name) is not known:
            return False
        del self._workers[name]
        return True

    def living(self) -> list[WorkerHere]:
        """What each said last."""
        return [one.said for one in self._workers.values()]

    def pick(self, rooms: dict[str, int]) -> str:
        """The one with the fewest people, as far as is known here (`rooms`: people by worker)."""
        living = [one.said for one in self._workers.values()]
        if not living:
            raise Unavailable(message="no media worker is here")
        best = min(
            living,
            key=lambda one: (one.is_draining, rooms.get(one.worker, 0), one.busy, one.worker),
        )
        return best.worker

    async def ask(self, worker: str, call: Call[R]) -> R:
        """Ask this one."""
        known = self._workers.get(worker)
        if known is None:
            raise Unavailable(message=f"media worker {worker} is gone")
        host, _, port = known.said.address.rpartition(":")
        return await self._calls.ask_at((host, int(port)), call)
