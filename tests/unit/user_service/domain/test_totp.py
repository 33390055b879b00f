"""Codes by the clock, and backup codes."""

from __future__ import annotations

from base64 import b32encode

import pytest

from contracts.ids import UserId
from user_service.domain import totp

KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(now: int, code: str) -> None:
    assert totp.code_at(KEY, now // 30) == code


@pytest.mark.parametrize(
    ("late", "is_good"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)]
)
def test_a_clock_may_be_off_by_half_a_minute(late: int, is_good: bool) -> None:
    now = 1_800_000_000
    code = totp.code_at(KEY, now // 30)
    assert (totp.step_of(KEY, code, now + late, 0) is not None) == is_good


def test_a_step_is_not_taken_twice_nor_one_before_it() -> None:
    now = 1_800_000_000
    step = now // 30
    for used, expected in ((step - 1, step), (step, None), (step + 1, None)):
        assert totp.step_of(KEY, totp.code_at(KEY, step), now, used) == expected


@pytest.mark.parametrize("typed", ["", "x", "12345", "민수민수민수", "1234567"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert totp.step_of(KEY, typed, 59, 0) is None


def test_a_secret_is_read_as_authenticators_show_it() -> None:
    shown = b32encode(KEY).decode().lower()
    assert totp.secret(f" {shown[:8]} {shown[8:]} ") == KEY
    for raw in ("", "1", "not base 32!", "AAAA", "A" * 400, "민수"):
        assert totp.secret(raw) is None


def test_backup_codes_are_compared_however_they_are_typed() -> None:
    rolls = iter(range(100))
    (first, *rest) = totp.backup_codes(lambda n: bytes([next(rolls)]) * n)
    assert len(rest) == 9
    assert len({first, *rest}) == 10
    kept = totp.backup_hash(UserId(7), first)
    assert kept == totp.backup_hash(UserId(7), f" {first[:4]}-{first[4:].upper()} ")
    assert kept != totp.backup_hash(UserId(8), first)
