"""Refusals in the shapes that client libraries parse."""

from __future__ import annotations

import pytest

from contracts.errors import (
    Conflict,
    DomainError,
    ErrorCode,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthorized,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unauthorized(), 401, 0),
        (Forbidden(), 403, 50013),
        (Forbidden(ErrorCode.MISSING_ACCESS), 403, 50001),
        (NotFound(), 404, 0),
        (NotFound(ErrorCode.UNKNOWN_GUILD), 404, 10004),
        (Conflict(ErrorCode.MAX_GUILDS), 400, 30001),
        (Invalid({}), 400, 50035),
        (Unavailable(), 503, 0),
    ],
)
def test_each_says_its_status_and_code(error: DomainError, status: int, code: int) -> None:
    assert error.status == status
    assert error.body()["code"] == code
    assert error.body()["message"] == error.error.message


def test_a_message_of_its_own_is_told() -> None:
    assert Conflict(message="not now").body() == {"code": 0, "message": "not now"}
    assert "not now" in str(Conflict(message="not now"))


def test_form_errors_nest_by_path() -> None:
    body = Invalid({"a.0.b": ("SHORT", "too short"), "a.0.c": ("LONG", "too long")}).body()
    assert body["errors"] == {
        "a": {
            "0": {
                "b": {"_errors": [{"code": "SHORT", "message": "too short"}]},
                "c": {"_errors": [{"code": "LONG", "message": "too long"}]},
            }
        }
    }


def test_a_limit_says_when_it_opens() -> None:
    assert TooMany(0.25, is_global=True).body() == {
        "message": ErrorCode.RATE_LIMITED.message,
        "retry_after": 0.25,
        "global": True,
    }


def test_no_two_codes_are_the_same_number_with_another_status() -> None:
    by_code: dict[int, set[int]] = {}
    for code in ErrorCode:
        if code.code:
            by_code.setdefault(code.code, set()).add(code.status)
    assert all(len(statuses) == 1 for statuses in by_code.values())
