"""What ended long ago is removed, one batch a unit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from user_service import store
from user_service.tools import UserUnit

Purge: TypeAlias = Callable[[UserUnit, datetime, int], Awaitable[int]]

PURGES: tuple[tuple[Purge, timedelta], ...] = (
    (store.purges.logins_ended, timedelta(days=7)),
    (store.purges.proofs_expired, timedelta(hours=1)),
    (store.purges.codes_expired, timedelta(days=7)),
    (store.purges.throttles_empty, timedelta(0)),
    (store.purges.places_left, timedelta(days=90)),
)
"""What, and how long after its end."""


async def purge(unit: UserUnit, what: Purge, age: timedelta, limit: int) -> int:
    """One batch; how many there were."""
    return await what(unit, unit.now - age, limit)
