"""Who may act on whom: the one rule for every pair of an actor and a role, or of two people.

Roles stand above each other, and so do the people who hold them. Everybody acts only on what is
strictly below; the owner is above all, a stranger below all. Permissions are another question,
asked beside this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from contracts.errors import DomainError, Forbidden


class _Tier(IntEnum):
    STRANGER = 0
    MEMBER = 1
    OWNER = 2


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """How high a role or somebody stands. Compares as the hierarchy does."""

    tier: int
    position: int = 0
    seniority: int = 0
    """Of two roles at one position the older stands higher: its id, negated."""


OWNER = Rank(_Tier.OWNER)
MEMBER = Rank(_Tier.MEMBER, position=-1)
"""Of @everyone, and of a member without other roles."""
STRANGER = Rank(_Tier.STRANGER)


def of_role(role_id: int, position: int, guild_id: int) -> Rank:
    """Where a role stands."""
    return MEMBER if role_id == guild_id else Rank(_Tier.MEMBER, position, -role_id)


def of_person(
    user_id: int, roles: Iterable[tuple[int, int]], *, guild_id: int, owner_id: int
) -> Rank:
    """Where a member with these roles (id, position) stands: at the highest."""
    if user_id == owner_id:
        return OWNER
    return max((of_role(role, position, guild_id) for role, position in roles), default=MEMBER)


def can_act_on(actor: Rank, *targets: Rank) -> DomainError | None:
    """Whether the actor stands above every target."""
    return None if all(actor > target for target in targets) else Forbidden()
