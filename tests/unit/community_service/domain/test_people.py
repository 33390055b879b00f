"""Kept faces grow old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from community_service.domain.people import Person

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ALICE = Person(42, "alice", "0", None, None, None, None, 0, is_bot=False, refreshed_at=NOW)


def test_a_face_is_stale_once_its_life_is_over() -> None:
    life = timedelta(hours=1)
    assert not ALICE.is_stale(NOW + life, life)
    assert ALICE.is_stale(NOW + life + timedelta(microseconds=1), life)
