"""Which changes of members somebody may make."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from community_service.domain.members import (
    EDITABLE_FLAGS,
    Member,
    can_time_out,
    needed_for,
    settled,
    takes_height,
)
from community_service.domain.people import Person, search_key
from contracts.errors import Forbidden, Invalid
from contracts.limits import TIMEOUT_DAYS
from contracts.permissions import NONE, Permission

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BOB = Person(
    user_id=12,
    username="bob",
    discriminator="0",
    global_name=None,
    avatar=None,
    banner=None,
    accent_color=None,
    public_flags=0,
    is_bot=False,
    refreshed_at=NOW,
)


class TestWhatItTakes:
    @pytest.mark.parametrize(
        ("fields", "is_own", "needed"),
        [
            ({"nick"}, False, Permission.MANAGE_NICKNAMES),
            ({"nick"}, True, Permission.CHANGE_NICKNAME),
            ({"bio"}, True, NONE),
            ({"roles", "mute"}, True, Permission.MANAGE_ROLES | Permission.MUTE_MEMBERS),
            ({"timed_out_until"}, False, Permission.MODERATE_MEMBERS),
            (set(), False, NONE),
        ],
    )
    def test_each_field_takes_its_permission(
        self, fields: set[str], is_own: bool, needed: Permission
    ) -> None:
        assert needed_for(fields, is_own=is_own) == needed

    @pytest.mark.parametrize(
        ("fields", "is_own", "height"),
        [
            ({"nick"}, False, True),
            ({"nick"}, True, False),
            ({"roles"}, False, False),
            ({"mute"}, False, False),
            ({"mute", "nick"}, False, True),
            ({"timed_out_until", "nick"}, True, True),
        ],
    )
    def test_others_are_changed_from_above_and_nobody_silences_oneself(
        self, fields: set[str], is_own: bool, height: bool
    ) -> None:
        assert takes_height(fields, is_own=is_own) is height


class TestTimeouts:
    def test_they_have_a_longest_length(self) -> None:
        longest = NOW + timedelta(days=TIMEOUT_DAYS)
        assert can_time_out(longest, NONE, NOW) is None
        assert can_time_out(None, Permission.ADMINISTRATOR, NOW) is None
        too_long = can_time_out(longest + timedelta(seconds=1), NONE, NOW)
        assert isinstance(too_long, Invalid)
        assert "communication_disabled_until" in too_long.fields

    def test_an_administrator_would_not_feel_one(self) -> None:
        until = NOW + timedelta(hours=1)
        assert isinstance(can_time_out(until, Permission.ADMINISTRATOR, NOW), Forbidden)


class TestSettling:
    def test_null_resets_and_only_some_flags_can_be_set(self) -> None:
        member = Member(1, BOB, (), NOW, flags=1)
        asked = {"nick": "", "mute": None, "roles": None, "flags": 255}
        assert settled(asked, member) == {
            "nick": None,
            "mute": False,
            "roles": (),
            "flags": 1 | EDITABLE_FLAGS,
        }


class TestSearching:
    @pytest.mark.parametrize(
        ("written", "searched"),
        [("Bob", "bob"), ("STRASSE", "straße"), ("ｂｏｂ", "BOB"), ("각", "각"), ("É", "é")],
    )
    def test_a_name_is_found_however_it_is_written(self, written: str, searched: str) -> None:
        assert search_key(written) == search_key(searched)
