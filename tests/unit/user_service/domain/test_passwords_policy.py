"""Passwords that are taken."""

from __future__ import annotations

import unicodedata

import pytest

from user_service.domain import passwords_policy
from user_service.domain.fields import Wrong


class TestPassword:
    @pytest.mark.parametrize("raw", ["12345678", "x" * 72, "비밀번호여덟글자", "with spaces ok"])
    def test_of_eight_to_seventy_two_is_taken(self, raw: str) -> None:
        assert passwords_policy.password(raw) == raw

    @pytest.mark.parametrize("raw", ["", "1234567", "x" * 73, "x" * 100_000])
    def test_of_another_length_is_refused(self, raw: str) -> None:
        with pytest.raises(Wrong) as caught:
            passwords_policy.password(raw)
        assert caught.value.code == "BASE_TYPE_BAD_LENGTH"

    @pytest.mark.parametrize("raw", ["1234567\0", "1234567\ud800", "1234567\n"])
    def test_that_cannot_be_typed_is_refused(self, raw: str) -> None:
        with pytest.raises(Wrong) as caught:
            passwords_policy.password(raw)
        assert caught.value.code == "PASSWORD_INVALID_CHARACTERS"


class TestCanonical:
    def test_is_one_for_every_keyboard(self) -> None:
        typed = "비밀번호여덟글자"
        assert passwords_policy.canonical(unicodedata.normalize("NFD", typed)) == typed

    def test_of_a_long_one_equals_no_taken_one(self) -> None:
        assert len(passwords_policy.canonical("x" * 100_000)) == 73

    def test_keeps_the_longest_that_is_taken_even_in_parts(self) -> None:
        typed = "글" * 72
        assert passwords_policy.canonical(unicodedata.normalize("NFD", typed)) == typed
