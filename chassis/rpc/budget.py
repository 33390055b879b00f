"""The deadline handed on: what a handler asks of others ends no later than what was asked of it."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

_due: ContextVar[tuple[asyncio.Task[object] | None, float] | None] = ContextVar("due", default=None)


def begin(due: float) -> None:
    """The task running now works for somebody who waits until `due`."""
    # The task is remembered because a background task inherits the context, but not the hurry.
    _due.set((asyncio.current_task(), due))


def due_within(now: float, seconds: float) -> float:
    """The moment until which a question asked now may take `seconds`."""
    handed = _due.get()
    if handed is None or handed[0] is not asyncio.current_task():
        return now + seconds
    return min(now + seconds, handed[1])
