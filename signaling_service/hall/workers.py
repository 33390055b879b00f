"""The media workers linked to this process: who lives, how busy each is, and how to ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from chassis.clock import Clock
from chassis.rpc import Calls
from contracts.errors import Unavailable
from contracts.rpc.base import Call
from contracts.rpc.media_news import WorkerHere
from contracts.wire import Wire

R = TypeVar("R", bound=Wire)


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

    def __len__(self) -> int:
        return len(self._workers)

    def hear(self, said: WorkerHere) -> bool:
        """A worker is here. True: it began anew, and what was on it is gone."""
        former = self._workers.get(said.worker)
        self._workers[said.worker] = _Worker(said, self._clock.monotonic())
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

    def living(self) -> list[WorkerHere]:
        """What each said last."""
        return [one.said for one in self._workers.values()]

    def forget(self, worker: str) -> None:
        """It is gone."""
        self._workers.pop(worker, None)

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
