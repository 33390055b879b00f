"""When a session's last use is written again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.identity import Kind
from contracts.ids import UserId
from user_service.domain.clients import NO_CLIENT
from user_service.domain.logins import Login

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_session_is_worn_after_an_hour() -> None:
    login = Login(1, UserId(1), Kind.USER, b"", NO_CLIENT, NOW, NOW)
    assert not login.is_worn(NOW + timedelta(minutes=59, seconds=59))
    assert login.is_worn(NOW + timedelta(hours=1))
