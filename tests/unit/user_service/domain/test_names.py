"""Names that may be, and names that are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_service.domain import names
from user_service.domain.fields import Wrong


def code(rule: Callable[[str], str], raw: str) -> str:
    with pytest.raises(Wrong) as caught:
        rule(raw)
    return caught.value.code


class TestUsername:
    @pytest.mark.parametrize(
        "raw",
        [
            "al",
            "민수",
            "김철수_01",
            "ㅋㅋㅋ",
            "Zoë",
            "Nguyễn",
            "अनिल",
            "a.b-c",
            "x" * 32,
            "two words",
            "日本語",
            "😀😀",
        ],
    )
    def test_is_kept_as_it_was_written(self, raw: str) -> None:
        assert names.username(raw) == raw

    def test_is_trimmed_and_its_spaces_are_single(self) -> None:
        assert names.username("  a \u3000 b ") == "a b"

    def test_sent_in_parts_is_kept_composed(self) -> None:
        assert names.username(unicodedata.normalize("NFD", "한글")) == "한글"

    @pytest.mark.parametrize("raw", ["", "a", " a ", "x" * 33])
    def test_of_a_bad_length_is_refused(self, raw: str) -> None:
        assert code(names.username, raw) == "BASE_TYPE_BAD_LENGTH"

    @pytest.mark.parametrize(
        "sign",
        ["\0", "\n", "\t", "\x7f", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\u00ad",
         "\u3164", "\u115f", "\uffa0", "\u034f", "\u2800", "\ufe0f", "\U000e0101", "\ud800",
         "\ue000", "\u2028", "\uffff", "\U000e0041"],
    )  # fmt: skip
    def test_with_something_hidden_is_refused(self, sign: str) -> None:
        assert code(names.username, f"al{sign}ice") == "NAME_INVALID_CHARACTERS"

    @pytest.mark.parametrize("raw", ["a@b.c", "a#1", "a:b", "`a`", "a\uff20b"])
    def test_that_would_read_as_something_else_is_refused(self, raw: str) -> None:
        assert code(names.username, raw) == "USERNAME_INVALID_CONTAINS"

    @pytest.mark.parametrize(
        "raw",
        ["everyone", "HERE", "ｅveryone", "Deleted_User_7", "еvеryоne", "every0ne", "e.very.one",
         "hére", "Systеm", "SYSTEM", "5ystem", "mo\u0456m", "mo1m", "м0ім", "모임", "모 임",
         "Deleted User", "de1eted_user"],
    )  # fmt: skip
    def test_that_is_reserved_is_refused(self, raw: str) -> None:
        assert code(names.username, raw) == "USERNAME_INVALID_RESERVED"

    @pytest.mark.parametrize("raw", ["모임장", "systematic", "mom", "heres", "Евгений", "Νίκος"])
    def test_near_a_reserved_one_is_taken(self, raw: str) -> None:
        assert names.username(raw) == raw

    def test_has_at_most_four_marks_on_a_letter(self) -> None:
        assert names.username("ax" + "\u0301" * 4)
        assert code(names.username, "ax" + "\u0301" * 5) == "NAME_TOO_MANY_MARKS"

    def test_of_marks_alone_is_refused(self) -> None:
        assert code(names.username, "\u0301\u0302") == "NAME_INVISIBLE"

    @given(st.text(max_size=40))
    def test_is_refused_or_stable(self, raw: str) -> None:
        try:
            name = names.username(raw)
        except Wrong:
            return
        assert names.username(name) == name
        assert name.encode().find(b"\0") == -1
        assert names.lookup_key(raw) == names.key(name)


class TestKey:
    @pytest.mark.parametrize(
        ("one", "other"),
        [("Alice", "aLICE"), ("straße", "STRASSE"), ("ａｌｉｃｅ", "alice"), ("ﬁsh", "FISH"),
         ("ſam", "Sam"), ("İx", "i̇X"), ("민수", unicodedata.normalize("NFD", "민수"))],
    )  # fmt: skip
    def test_is_one_for_twins(self, one: str, other: str) -> None:
        assert names.key(one) == names.key(other)

    def test_differs_for_others(self) -> None:
        assert names.key("민수") != names.key("민서")

    @given(st.text(max_size=20))
    def test_of_a_key_is_itself(self, raw: str) -> None:
        assert names.key(names.key(raw)) == names.key(raw)

    def test_of_what_can_be_nobodys_is_none(self) -> None:
        assert names.lookup_key("a\0b") is None


class TestGlobalName:
    @pytest.mark.parametrize("raw", ["민", "👨‍👩‍👧", "☀️ sun", "A@B #1", "\U0001fae8"])
    def test_may_be_almost_anything_that_shows(self, raw: str) -> None:
        assert names.global_name(raw) == raw

    @pytest.mark.parametrize("raw", ["\u3164", "a\u202eb", "\u200d", "a\0", "\u2800\u2800"])
    def test_that_deceives_or_shows_nothing_is_refused(self, raw: str) -> None:
        assert code(names.global_name, raw) in {"NAME_INVALID_CHARACTERS", "NAME_INVISIBLE"}

    def test_of_a_bad_length_is_refused(self) -> None:
        assert code(names.global_name, "x" * 33) == "BASE_TYPE_BAD_LENGTH"


class TestApplication:
    def test_has_two_letters_at_least(self) -> None:
        assert names.application("봇이") == "봇이"
        assert code(names.application, "봇") == "BASE_TYPE_BAD_LENGTH"


class TestDescription:
    def test_has_lines(self) -> None:
        assert names.description(" a\r\nb\n") == "a\nb"

    @pytest.mark.parametrize("raw", ["a\0b", "a\ud800", "a\x1bb"])
    def test_without_controls(self, raw: str) -> None:
        assert code(names.description, raw) == "NAME_INVALID_CHARACTERS"

    def test_of_four_hundred_characters_at_most(self) -> None:
        assert names.description("x" * 400)
        assert code(names.description, "x" * 401) == "BASE_TYPE_BAD_LENGTH"


class TestCandidates:
    def test_begin_with_the_name_and_go_on_with_digits(self) -> None:
        made = list(islice(names.candidates("Ping Pong", lambda: 7), 4))
        assert made == ["Ping Pong", "Ping Pong0007", "Ping Pong0007", "Ping Pong000007"]

    @pytest.mark.parametrize(
        "base", ["", "@", "봇", "\u202e\u3164", "everyone", "x" * 40, "a#b:c`d@e", "x\uff20y"]
    )
    def test_are_usernames_whatever_they_are_made_from(self, base: str) -> None:
        made = list(islice(names.candidates(base, lambda: 123456789012), 12))
        assert len(made) == 12
        assert all(names.username(name) for name in made)
