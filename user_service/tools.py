"""What every action of this service is given, beside its transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from chassis.blobs import Blobs
from chassis.db import Unit, Units
from chassis.rpc import Calls
from user_service.domain.seals import Seals
from user_service.passwords import Passwords


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator of this house has decided."""

    needs_verified_email: bool = False
    is_invite_only: bool = False
    has_post: bool = True
    """Whether letters can go anywhere at all."""
    forgot_takes: float = 0.0
    """Seconds that asking for a link takes at least, whoever is meant."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Passwords, dice, neighbours, the rules of the house, files."""

    passwords: Passwords
    dice: Callable[[int], bytes]
    """n unguessable bytes."""
    calls: Calls
    policy: Policy
    blobs: Blobs
    """Where pictures lie."""
    key: bytes
    """Signs links that this service gives out and believes later."""
    seals: Seals
    """Keeps secrets of second factors from whoever reads the database."""

    def roll(self) -> int:
        """A number nobody can foresee."""
        return int.from_bytes(self.dice(8), "big")


UserUnit: TypeAlias = Unit[Tools]
UserUnits: TypeAlias = Units[Tools]
