"""Limits of tries."""

from __future__ import annotations

import pytest

from user_service.domain import throttle


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "nonsense", True),
    ],
)
def test_a_household_is_one_place(one: str, other: str, is_same: bool) -> None:
    assert (throttle.place_of(one) == throttle.place_of(other)) == is_same


def test_owners_at_known_places_are_not_counted_with_everybody() -> None:
    strangers = {limit.key for limit in throttle.of_logins("mina", "a", is_known=False)}
    known = {limit.key for limit in throttle.of_logins("mina", "a", is_known=True)}
    assert len(strangers - known) == 1
    elsewhere = {limit.key for limit in throttle.of_logins("mina", "b", is_known=False)}
    assert strangers & elsewhere == strangers - known


def test_limits_are_taken_in_one_order() -> None:
    for place in ("a", "b", "c"):
        keys = [limit.key for limit in throttle.of_codes(7, place, is_known=False)]
        assert keys == sorted(keys)
