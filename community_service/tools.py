"""What every action of this service is given, beside its transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias, TypeVar

from chassis import db
from chassis.blobs import Blobs
from contracts.rpc.base import Call
from contracts.wire import Wire

R = TypeVar("R", bound=Wire)


class Asks(Protocol):
    """Somebody to ask neighbours through."""

    async def ask(self, call: Call[R], *, deadline: float | None = None) -> R:
        """The neighbour's answer."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Neighbours and dice."""

    calls: Asks
    random_bits: Callable[[int], int]
    """Unguessable: that many random bits."""
    face_life: timedelta
    """How old a kept face may be before it is asked for again."""
    blobs: Blobs
    """Where pictures lie."""


Unit: TypeAlias = db.Unit[Tools]
Units: TypeAlias = db.Units[Tools]
