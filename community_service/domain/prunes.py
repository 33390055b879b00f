"""Prunes: who has been away for so long that the community lets go of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from community_service.domain import hierarchy
from community_service.domain.hierarchy import Rank
from community_service.domain.roles import Role
from contracts.errors import DomainError, ErrorCode, NotFound


@dataclass(frozen=True, slots=True)
class Terms:
    """Who is meant: nobody with a role but those named."""

    days: int
    role_ids: frozenset[int]

    def since(self, now: datetime) -> datetime:
        """Who was seen after this moment stays."""
        return now - timedelta(days=self.days)


def can_prune(actor: Rank, named: Collection[int], roles: Iterable[Role]) -> DomainError | None:
    """Whether somebody of this rank stands above all who can be meant."""
    known = list(roles)
    if len(known) < len(named):
        return NotFound(ErrorCode.UNKNOWN_ROLE)
    return hierarchy.can_act_on(actor, hierarchy.MEMBER, *(role.rank for role in known))
