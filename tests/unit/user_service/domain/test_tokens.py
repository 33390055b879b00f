"""The form of public tokens."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import EPOCH_MS, UserId
from user_service.domain import tokens

NOW = EPOCH_MS + 123_456_789
ALICE = UserId(81_985_529_216_486_895)


def secret(count: int) -> bytes:
    return bytes(range(count))


class TestBuild:
    def test_says_whose_it_is_as_libraries_expect(self) -> None:
        first, _, _ = tokens.build(ALICE, NOW, secret).split(".")
        assert b64decode(first + "==").decode() == str(ALICE)

    def test_has_three_parts_and_enough_chance(self) -> None:
        _, made, chance = tokens.build(ALICE, NOW, secret).split(".")
        assert len(made) == 8
        assert len(chance) >= 27

    def test_differs_by_its_dice_alone(self) -> None:
        assert tokens.build(ALICE, NOW, secret) != tokens.build(ALICE, NOW, lambda n: b"x" * n)


class TestParse:
    @given(st.integers(0, (1 << 63) - 1), st.integers(EPOCH_MS, EPOCH_MS + (1 << 47)))
    def test_reads_what_was_built(self, user_id: int, now_ms: int) -> None:
        text = tokens.build(UserId(user_id), now_ms, secret)
        assert tokens.parse(text) == tokens.Token(UserId(user_id), now_ms)

    @given(st.text(max_size=80))
    def test_of_any_text_is_none_or_a_token(self, text: str) -> None:
        assert tokens.parse(text) is None

    @pytest.mark.parametrize(
        "owner", [b"", b"-1", b"1e3", b"x", b"\xff", b"9" * 19, b"007", b"1" * 20]
    )
    def test_refuses_an_owner_that_is_no_id(self, owner: bytes) -> None:
        first = urlsafe_b64encode(owner).rstrip(b"=").decode()
        good = tokens.build(ALICE, NOW, secret).split(".")
        assert tokens.parse(".".join((first, *good[1:]))) is None

    @pytest.mark.parametrize(
        "change", [lambda t: t + "=", lambda t: f"Bot {t}", lambda t: t[:-30], lambda t: t + "\n"]
    )
    def test_refuses_what_is_nearly_one(self, change) -> None:  # type: ignore[no-untyped-def]
        assert tokens.parse(change(tokens.build(ALICE, NOW, secret))) is None


class TestFingerprint:
    def test_differs_for_every_token(self) -> None:
        assert tokens.fingerprint("a") != tokens.fingerprint("b")

    def test_exists_for_any_text(self) -> None:
        assert len(tokens.fingerprint("\ud800\0")) == 32

    def test_is_not_told_to_its_owner(self) -> None:
        kept = tokens.fingerprint("a")
        assert kept.hex() not in tokens.public_hash(kept)
        assert len(tokens.public_hash(kept)) == 44
