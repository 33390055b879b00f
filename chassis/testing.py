"""Stand-ins for tests: time that passes when a test says so. Nothing here runs in a service."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class ManualClock:
    """A chassis.clock.Clock that stands still until it is advanced."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._passed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self._fell_asleep = asyncio.Event()

    def now(self) -> datetime:
        """The moment, with UTC."""
        return self._start + timedelta(seconds=self._passed)

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return int(self.now().timestamp() * 1000)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Wait for `advance`. No time at all is one turn of the loop."""
        awake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if seconds <= 0:
            awake.get_loop().call_soon(_wake, awake)
        else:
            self._sleepers.append((self._passed + seconds, awake))
            self._fell_asleep.set()
        await awake

    def advance(self, seconds: float) -> None:
        """Let time pass; whoever slept long enough wakes at the next turn of the loop, the earliest
        first.
        """
        self._passed += seconds
        # A sum of small steps may fall a hair short of one big step.
        reached = self._passed + 1e-9
        due = sorted((s for s in self._sleepers if s[0] <= reached), key=lambda s: s[0])
        self._sleepers = [s for s in self._sleepers if s[0] > reached]
        for _, awake in due:
            _wake(awake)

    async def until_asleep(self, sleepers: int = 1) -> None:
        """Wait until so many sleep, so that an advance is not lost on somebody still on the way."""
        while sum(not awake.done() for _, awake in self._sleepers) < sleepers:
            self._fell_asleep.clear()
            await self._fell_asleep.wait()


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
