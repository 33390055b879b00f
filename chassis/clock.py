"""The only place that reads a clock or sleeps. Everything else is given one."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, passed in."""

    def now(self) -> datetime:
        """The moment, with UTC."""

    def now_ms(self) -> int:
        """Unix milliseconds."""

    def monotonic(self) -> float:
        """Seconds that never fall back, for deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Give way for a while."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The moment, with UTC."""
        return datetime.now(UTC)

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never fall back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Give way for a while."""
        await asyncio.sleep(seconds)
