"""Settings: known keys are checked, others kept, all bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.errors import Invalid
from contracts.ids import ChannelId, GuildId
from contracts.limits import CHANNEL_OVERRIDES_MAX
from contracts.objects.presence import Status
from contracts.objects.settings import GuildNotifications, NotifyLevel
from user_service.domain import guild_settings
from user_service.domain.settings import (
    KNOWN,
    merged,
    read_settings,
    shown_as,
    with_defaults,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_defaults_are_themselves_allowed() -> None:
    defaults = with_defaults({})
    assert read_settings(defaults) == defaults


def test_known_keys_are_read_and_others_kept() -> None:
    given = {"status": "dnd", "locale": "ko", "guild_positions": [5, "6"], "webRail": {"open": [1]}}
    read = read_settings(given)
    assert read == {**given, "guild_positions": ["5", "6"]}
    kept = merged({"theme": "light"}, read)
    assert merged(kept, {"webRail": None, "custom_status": None}) == {
        "theme": "light",
        "status": "dnd",
        "locale": "ko",
        "guild_positions": ["5", "6"],
        "custom_status": None,
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("status", "away"),
        ("status", ["online"]),
        ("theme", None),
        ("locale", "xx"),
        ("locale", 7),
        ("developer_mode", 1),
        ("afk_timeout", 59),
        ("afk_timeout", True),
        ("guild_positions", ["x"]),
        ("guild_positions", ["1"] * 201),
        ("guild_folders", [{"guild_ids": "1"}]),
        ("friend_source_flags", []),
        ("custom_status", "hi"),
        ("custom_status", {"text": "x" * 129}),
        ("custom_status", {"text": 5}),
        ("custom_status", {"text": "x", "emoji_id": "y"}),
        ("custom_status", {"text": "x", "expires_at": "soon"}),
    ],
)
def test_what_is_wrong_is_told_at_its_key(key: str, value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        read_settings({key: value, "own": 1})
    assert set(caught.value.fields) == {key}


@pytest.mark.parametrize("key", ["user_id", "a.b", "", "x" * 65, "7"])
def test_a_key_is_a_name(key: str) -> None:
    with pytest.raises(Invalid):
        read_settings({key: 1})


@pytest.mark.parametrize("value", ["x" * (64 << 10), 1 << 64, "\0", "\ud800"])
def test_what_can_not_be_kept_is_refused(value: Any) -> None:
    with pytest.raises(Invalid):
        merged({}, {"own": value})


class TestStatus:
    def test_is_an_activity_that_presence_shows(self) -> None:
        status = {"text": " 책 읽는 중 ", "emoji_name": "📚", "emoji_id": None, "expires_at": None}
        kept = read_settings({"status": "idle", "custom_status": status})
        shown = shown_as(kept, NOW)
        assert (shown.status, shown.until) == (Status.IDLE, None)
        assert shown.custom is not None
        assert (shown.custom["type"], shown.custom["state"]) == (4, "책 읽는 중")
        assert shown.custom["emoji"]["name"] == "📚"

    def test_ends_when_it_said(self) -> None:
        until = "2026-01-01T00:00:05.000Z"
        kept = read_settings({"custom_status": {"text": "soon back", "expires_at": until}})
        assert shown_as(kept, NOW).until == NOW + timedelta(seconds=5)
        assert shown_as(kept, NOW + timedelta(seconds=5)).custom is None

    @pytest.mark.parametrize("nothing", [None, {}, {"text": " "}, {"text": "", "emoji_name": ""}])
    def test_may_be_none(self, nothing: Any) -> None:
        assert read_settings({"custom_status": nothing}) == {"custom_status": None}
        assert shown_as({}, NOW) == shown_as({"custom_status": None}, NOW)


def test_only_what_is_known_by_others_has_rules() -> None:
    assert "friend_source_flags" in KNOWN


class TestNotifications:
    KEPT = GuildNotifications(guild_id=GuildId(1))

    def test_of_a_channel_stay_until_they_say_nothing(self) -> None:
        muted = guild_settings.changed(self.KEPT, {"muted": True}, {ChannelId(5): {"muted": True}})
        assert (muted.muted, muted.version) == (True, 1)
        level = {"message_notifications": NotifyLevel.NOTHING}
        both = guild_settings.changed(muted, {}, {ChannelId(4): level})
        assert [one.channel_id for one in both.channel_overrides] == [4, 5]
        assert both.muted
        less = guild_settings.changed(both, {}, {ChannelId(5): {"muted": False}})
        assert [one.channel_id for one in less.channel_overrides] == [4]

    def test_of_channels_are_bounded(self) -> None:
        many = {ChannelId(n): {"muted": True} for n in range(CHANNEL_OVERRIDES_MAX + 1)}
        with pytest.raises(Invalid):
            guild_settings.changed(self.KEPT, {}, many)
