"""What every action of this service is given, beside its transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from chassis.db import Unit, Units
from user_service.passwords import Passwords


@dataclass(frozen=True, slots=True)
class Tools:
    """Passwords and dice."""

    passwords: Passwords
    dice: Callable[[int], bytes]
    """n unguessable bytes."""

    def roll(self) -> int:
        """A number nobody can foresee."""
        return int.from_bytes(self.dice(8), "big")


UserUnit: TypeAlias = Unit[Tools]
UserUnits: TypeAlias = Units[Tools]
