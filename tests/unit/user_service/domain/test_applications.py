"""Applications, read and changed."""

from __future__ import annotations

import pytest

from contracts.errors import Invalid
from contracts.ids import ApplicationId, UserId
from user_service.domain import applications
from user_service.domain.applications import GIVEN_TO_ALL, Application

KEPT = Application(ApplicationId(7), UserId(1), "ping", "", "00" * 32, GIVEN_TO_ALL)


def test_a_bot_has_its_applications_id() -> None:
    assert KEPT.bot_id == 7


def test_small_applications_have_the_privileged_intents() -> None:
    assert GIVEN_TO_ALL == 1 << 13 | 1 << 15 | 1 << 19


def test_a_verify_key_looks_like_one() -> None:
    assert applications.verify_key(lambda count: b"\xab" * count) == "ab" * 32


def test_a_name_is_read_or_refused() -> None:
    assert applications.read_name(" ping ") == "ping"
    with pytest.raises(Invalid):
        applications.read_name("")


def test_words_change_only_where_they_are_given() -> None:
    assert applications.read_words(None, None).of(KEPT) == KEPT
    changed = applications.read_words("pong", "says it").of(KEPT)
    assert (changed.name, changed.description) == ("pong", "says it")


def test_all_wrong_words_are_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        applications.read_words("", "\0")
    assert set(caught.value.fields) == {"name", "description"}
