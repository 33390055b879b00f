"""Changes of a profile, read and applied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.errors import Invalid
from contracts.ids import UserId
from user_service.domain.accounts import Account
from user_service.domain.profiles import read_profile, worn

ALICE = Account(UserId(1), "alice", "Alice", "old", is_bot=False, bio="Hello", accent_color=7)


def changed(**given: Any) -> Account:
    return read_profile(given).of(ALICE, {})


def test_what_is_absent_stays() -> None:
    assert changed() == ALICE
    assert changed(username=None) == ALICE


@pytest.mark.parametrize("empty", [None, ""])
def test_what_is_emptied_goes(empty: str | None) -> None:
    emptied = changed(global_name=empty, bio=empty, pronouns=empty, accent_color=None)
    assert emptied == replace(ALICE, global_name=None, bio="", accent_color=None)


def test_a_text_may_have_lines_and_a_colour_is_one() -> None:
    found = changed(bio="한 줄\r\n두 줄", pronouns=" they ", accent_color=0xFFFFFF)
    assert (found.bio, found.pronouns, found.accent_color) == ("한 줄\n두 줄", "they", 0xFFFFFF)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        changed(
            username="a", global_name="\0", bio="x" * 191, pronouns="x" * 41, accent_color=1 << 24
        )
    fields = {"username", "global_name", "bio", "pronouns", "accent_color"}
    assert set(caught.value.fields) == fields


def test_only_another_username_is_a_renaming() -> None:
    assert read_profile({"username": "bob"}).renames(ALICE)
    assert not read_profile({"username": "alice", "global_name": "Bob"}).renames(ALICE)


def test_pictures_are_taken_off_when_others_are_put_on() -> None:
    wanted = read_profile({"avatar": "data:", "banner": None})
    assert wanted.pictures == {"avatar": "data:", "banner": None}
    after = wanted.of(ALICE, {"avatar": "new", "banner": None})
    assert worn(ALICE, after) == ["avatars/1/old"]
    assert worn(after, after) == []
