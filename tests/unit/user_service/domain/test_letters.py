"""When a letter is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from user_service.domain.letters import Kind, Letter

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("tries", "minutes"), [(0, 0.5), (1, 1), (3, 4), (7, 60), (10_000, 60)])
def test_pauses_grow_to_an_hour(tries: int, minutes: float) -> None:
    letter = Letter(1, Kind.RESET, NOW, tries=tries)
    assert letter.next_try(NOW) == NOW + timedelta(minutes=minutes)
