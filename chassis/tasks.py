"""Supervised background tasks: named, held, never orphaned. The only place that creates tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from chassis.logs import logger

log = logger("tasks")


class Tasks:
    """The background work of one service. A crash is fatal by default: a half-alive process helps
    nobody.
    """

    def __init__(self, on_crash: Callable[[str, BaseException], None] | None = None) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._on_crash = on_crash

    def spawn(
        self, name: str, work: Coroutine[Any, Any, Any], *, fatal: bool = False
    ) -> asyncio.Task[Any]:
        """Run beside everything else; `fatal` ends the process when it crashes."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(lambda done: self._settled(done, fatal=fatal))
        return task

    def _settled(self, task: asyncio.Task[Any], *, fatal: bool) -> None:
        self._running.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("task.crashed", task=task.get_name(), exc=error)
        if fatal and self._on_crash is not None:
            self._on_crash(task.get_name(), error)

    def __len__(self) -> int:
        return len(self._running)

    async def cancel(self) -> None:
        """End all of it and wait until it has ended."""
        while self._running:
            # Again and again: a library may swallow a cancellation (asyncio.wait_for on 3.11 does).
            for task in self._running:
                task.cancel()
            await asyncio.wait(self._running, timeout=0.1)
