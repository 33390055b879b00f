"""Reasons as clients send them."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from chassis.reason import read
from contracts.errors import Invalid
from contracts.limits import REASON


def test_any_language_comes_through() -> None:
    assert read(quote("도배를 그만두지 않음").encode()) == "도배를 그만두지 않음"
    assert read(b"plain text, not encoded") == "plain text, not encoded"


def test_control_characters_are_no_part_of_it() -> None:
    assert read(b"one%0D%0Atwo%00%7F%C2%85") == "onetwo"
    assert read(b"%0A%20") is None


def test_it_has_a_longest_length_and_must_be_readable() -> None:
    longest = "여" * REASON
    assert read(quote(longest).encode()) == longest
    for bad in (quote(longest + "x").encode(), b"%FF%FE"):
        with pytest.raises(Invalid) as refused:
            read(bad)
        assert "reason" in refused.value.fields
