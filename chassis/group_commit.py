"""Group commit: whoever arrives while a write is under way shares the next one.

Durable writes per second then grow under load, while a lone writer pays nothing extra. Order of
arrival is order of writing and of telling. The next batch is on its way to the database before the
one that has just committed is told of, so neither waits for the other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts.errors import Unavailable

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")

Settle = Callable[[], Sequence[R]]
"""What is left to do about a batch that is committed; gives the result of each item."""


class GroupCommit(Generic[I, R]):
    """One writer at a time over a bounded queue."""

    name = "group_commit"

    def __init__(
        self,
        write: Callable[[Sequence[I]], Awaitable[Settle[R]]],
        *,
        tasks: Tasks,
        metrics: Metrics,
        most: int = 64,
        waiting: int = 20_000,
    ) -> None:
        """`write` ends when its batch is committed; what it returns is called soon, in order."""
        self._write = write
        self._tasks = tasks
        self._most = most
        self._waiting = waiting
        self._queue: list[tuple[I, asyncio.Future[R]]] = []
        self._committed: deque[tuple[list[tuple[I, asyncio.Future[R]]], Settle[R]]] = deque()
        self._wake = asyncio.Event()
        self.written = 0
        """Rows so far: who only works on the side can see whether anybody writes."""
        self._rows = metrics.counter("group_commit_rows", "Rows written")
        self._batches = metrics.counter("group_commit_batches", "Transactions they took")

    async def start(self) -> None:
        """Begin to write."""
        self._loop = asyncio.get_running_loop()
        self._tasks.spawn("group_commit", self._flush_forever(), fatal=True)

    async def stop(self) -> None:
        """Refuse whoever still waits: the doors are closed, so nobody should."""
        self._tell()
        for _, future in self._queue:
            _refuse(future, Unavailable())
        self._queue.clear()

    def trouble(self) -> str | None:
        """Whether more are waiting than can be served soon."""
        return "too many writes waiting" if len(self._queue) >= self._waiting else None

    def submit(self, item: I) -> asyncio.Future[R]:
        """Have this written; the future ends after the commit."""
        if len(self._queue) >= self._waiting:
            raise Unavailable
        future: asyncio.Future[R] = self._loop.create_future()
        self._queue.append((item, future))
        self._wake.set()
        return future

    async def _flush_forever(self) -> None:
        while True:
            await self._wake.wait()
            batch, self._queue = self._queue[: self._most], self._queue[self._most :]
            if not self._queue:
                self._wake.clear()
            try:
                settle = await self._write([item for item, _ in batch])
            except Exception as error:  # told to each waiting writer, who knows what it means
                for _, future in batch:
                    _refuse(future, error)
                continue
            self._committed.append((batch, settle))
            if self._queue:
                self._loop.call_soon(self._tell)
            else:
                self._tell()

    def _tell(self) -> None:
        while self._committed:
            batch, settle = self._committed.popleft()
            self.written += len(batch)
            self._rows.inc(len(batch))
            self._batches.inc()
            for (_, future), result in zip(batch, settle(), strict=True):
                if not future.done():
                    future.set_result(result)


def _refuse(future: asyncio.Future[R], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
