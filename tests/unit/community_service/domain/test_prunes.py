"""Who can be pruned, and by whom."""

from __future__ import annotations

from datetime import UTC, datetime

from community_service.domain import hierarchy
from community_service.domain.prunes import Terms, can_prune
from community_service.domain.roles import Role
from contracts.errors import Forbidden, NotFound

NOW = datetime(2026, 3, 8, tzinfo=UTC)
LOW, HIGH = (Role(n, 1, "role", 0, n) for n in (2, 3))


def test_who_was_seen_within_these_days_stays() -> None:
    assert Terms(7, frozenset()).since(NOW) == datetime(2026, 3, 1, tzinfo=UTC)


def test_whoever_prunes_stands_above_all_who_are_meant() -> None:
    assert can_prune(LOW.rank, (), ()) is None
    assert can_prune(HIGH.rank, {2}, [LOW]) is None
    assert can_prune(hierarchy.OWNER, {2, 3}, [LOW, HIGH]) is None
    assert isinstance(can_prune(hierarchy.MEMBER, (), ()), Forbidden)
    assert isinstance(can_prune(LOW.rank, {2}, [LOW]), Forbidden)


def test_roles_that_are_not_there_are_not_passed_over() -> None:
    assert isinstance(can_prune(hierarchy.OWNER, {2, 4}, [LOW]), NotFound)
