"""What an entry says was changed."""

from __future__ import annotations

from datetime import UTC, datetime

from community_service.domain.audit import changes_between, forgotten_before
from contracts.objects.guild import PartialGuild


def guild(**how: object) -> PartialGuild:
    return PartialGuild.model_validate({"id": 1, "name": "Book club", **how})


def test_only_what_differs_is_told_with_both_values() -> None:
    after = guild(name="Film club", permissions=8)
    assert [one.dump() for one in changes_between(guild(), after)] == [
        {"key": "name", "old_value": "Book club", "new_value": "Film club"},
        {"key": "permissions", "old_value": "0", "new_value": "8"},
    ]
    assert changes_between(guild(), guild()) == ()


def test_a_thing_that_comes_has_no_old_values_and_one_that_goes_no_new_ones() -> None:
    without = {"owner", "features", "permissions"}
    came = changes_between(None, guild(), without=without)
    assert [one.dump() for one in came] == [{"key": "name", "new_value": "Book club"}]
    gone = changes_between(guild(), None, without=without)
    assert [one.dump() for one in gone] == [{"key": "name", "old_value": "Book club"}]


def test_pictures_go_by_the_key_that_clients_know() -> None:
    changed = changes_between(guild(icon="ab"), guild())
    assert [one.dump() for one in changed] == [{"key": "icon_hash", "old_value": "ab"}]


def test_entries_are_kept_for_forty_five_days() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert forgotten_before(now) == datetime(2026, 1, 15, tzinfo=UTC)
