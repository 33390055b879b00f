"""The identity that the edge vouches for: good for one audience, for half a minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import LIFE_S, NOBODY, Identity, Kind, mint, verify
from contracts.ids import UserId

KEY, OTHER_KEY, NOW = b"k" * 32, b"o" * 32, 1_800_000_000
ALICE = Identity(UserId(42), 7, Kind.USER)


@pytest.mark.parametrize("kind", [Kind.USER, Kind.BOT])
@pytest.mark.parametrize("factor", [False, True])
def test_what_was_minted_is_recognised(kind: Kind, factor: bool) -> None:
    somebody = Identity(UserId(2**63 - 1), 9, kind, factor)
    assert verify(mint(somebody, "chat", KEY, NOW), "chat", KEY, NOW) == somebody
    assert somebody.is_bot is (kind is Kind.BOT)


def test_nobody_is_no_bot() -> None:
    assert not NOBODY.is_bot


def test_another_audience_does_not_take_it() -> None:
    assert verify(mint(ALICE, "chat", KEY, NOW), "user", KEY, NOW) is None


def test_another_key_does_not_take_it() -> None:
    assert verify(mint(ALICE, "chat", KEY, NOW), "chat", OTHER_KEY, NOW) is None


@pytest.mark.parametrize(
    ("age", "is_good"),
    [(0, True), (LIFE_S, True), (LIFE_S + 1, False), (-LIFE_S, True), (-LIFE_S - 1, False)],
)
def test_it_lives_half_a_minute_around_the_clocks_of_both(age: int, is_good: bool) -> None:
    found = verify(mint(ALICE, "chat", KEY, NOW), "chat", KEY, NOW + age)
    assert (found == ALICE) is is_good


@given(st.integers(0, 200), st.characters(exclude_categories=("Cs",)))
def test_a_changed_character_breaks_it(place: int, sign: str) -> None:
    good = mint(ALICE, "chat", KEY, NOW)
    place %= len(good)
    forged = good[:place] + sign + good[place + 1 :]
    assert forged == good or verify(forged, "chat", KEY, NOW) is None


@given(st.text(max_size=100))
def test_nonsense_is_nobody(text: str) -> None:
    assert verify(text, "chat", KEY, NOW) is None
