"""Applications, read and changed."""

from __future__ import annotations

import pytest

from contracts.errors import Invalid
from contracts.ids import ApplicationId, UserId
from user_service.domain import applications
from user_service.domain.applications import TURNED, Application

KEPT = Application(ApplicationId(7), UserId(1), "ping", "", "00" * 32, TURNED)


def test_a_bot_has_its_applications_id() -> None:
    assert KEPT.bot_id == 7


def test_small_applications_have_the_privileged_intents() -> None:
    assert TURNED == 1 << 13 | 1 << 15 | 1 << 19


def test_a_verify_key_looks_like_one() -> None:
    assert applications.verify_key(lambda count: b"\xab" * count) == "ab" * 32


def test_a_name_is_read_or_refused() -> None:
    assert applications.read_name(" ping ") == "ping"
    with pytest.raises(Invalid):
        applications.read_name("")


def test_all_wrong_words_are_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        applications.read_changes({"name": "", "description": "\0", "icon": None})
    assert set(caught.value.fields) == {"name", "description"}


def test_only_the_limited_intents_are_turned() -> None:
    verified = 1 << 16
    assert applications.turned(verified | TURNED, 1 << 13 | 1 << 18) == verified | 1 << 13
