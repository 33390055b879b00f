"""A listener of one topic as a part: it begins to hear as soon as Redis can be reached."""

from __future__ import annotations

import asyncio

from chassis.bus.bus import Bus
from chassis.bus.subscription import Listener
from chassis.tasks import Tasks
from contracts.topics import Topic


class Ears:
    """Not ready until the first subscription stands: before it, something could be missed."""

    def __init__(self, bus: Bus, topic: Topic, listener: Listener, *, tasks: Tasks) -> None:
        self.name = f"ears:{topic}"
        self._bus = bus
        self._topic = topic
        self._listener = listener
        self._tasks = tasks
        self._asking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to hear."""
        self._asking = self._tasks.spawn(self.name, self._ask(), fatal=True)

    async def stop(self) -> None:
        """Hear no more."""
        self._bus.unsubscribe(self._topic, self._listener)

    def trouble(self) -> str | None:
        """Whether it hears."""
        return None if self._asking is not None and self._asking.done() else "not subscribed yet"

    async def _ask(self) -> None:
        await self._bus.subscribe(self._topic, self._listener)
