"""Bytes on their way to the disk. The loop only puts them into memory; a thread writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from chassis.clock import Clock
from chassis.tasks import Tasks

_EVERY_S = 0.25
HELD_MOST = 16 << 20
"""A disk that is so far behind does not keep up."""


class Writer:
    """One file that grows."""

    def __init__(self, path: Path, clock: Clock, failed: Callable[[], None]) -> None:
        self._file = path.open("ab", buffering=0)
        self._clock = clock
        self._failed = failed
        self._held = bytearray()
        self._is_over = False
        self.size = 0

    def begin(self, tasks: Tasks) -> asyncio.Task[None]:
        """Write until it is ended."""
        return tasks.spawn("recording:write", self._write())

    def put(self, data: bytes) -> None:
        """More of it."""
        self._held += data
        self.size += len(data)
        if len(self._held) > HELD_MOST:
            self._held.clear()
            self._failed()

    def end(self) -> None:
        """That was all."""
        self._is_over = True

    async def _write(self) -> None:
        try:
            while not self._is_over or self._held:
                data, self._held = self._held, bytearray()
                if data:
                    await asyncio.to_thread(self._file.write, data)
                if not self._is_over:
                    await self._clock.sleep(_EVERY_S)
        except OSError:
            self._failed()
        finally:
            self._file.close()
