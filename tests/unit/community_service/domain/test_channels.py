"""Channels: how one is made, edited, and put into a category."""

from __future__ import annotations

from dataclasses import replace

import pytest

from community_service.domain.channels import (
    DEFAULT_BITRATE,
    MAKEABLE,
    Channel,
    ChannelDraft,
    can_add,
    can_be_referred_to,
    can_become,
    can_hold,
    can_make,
    can_take_in,
    copy_of,
    edited,
    named,
    tagged,
)
from contracts import limits
from contracts.errors import ErrorCode, Invalid
from contracts.objects.channel import THREADS, ChannelOverwrite, ChannelType, OverwriteType

RULE = ChannelOverwrite(id=5, type=OverwriteType.ROLE, deny=1024)
OTHER = ChannelOverwrite(id=6, type=OverwriteType.ROLE, allow=1024)
TEXT = Channel(1, 9, ChannelType.TEXT, "general", 0, topic="old", nsfw=True)
VOICE = Channel(2, 9, ChannelType.VOICE, "Lounge", 0, bitrate=8_000, user_limit=5)
CATEGORY = Channel(3, 9, ChannelType.CATEGORY, "Stuff", 0)


def draft(kind: ChannelType = ChannelType.TEXT, **more: object) -> ChannelDraft:
    return ChannelDraft(kind, "x", more=more)


def covered(*overwrites: ChannelOverwrite) -> ChannelDraft:
    return ChannelDraft(ChannelType.TEXT, "x", overwrites=overwrites)


class TestMaking:
    def test_a_channel_lands_after_the_last_one(self) -> None:
        assert draft().made(1, 9, 7, ()).position == 7

    def test_unless_it_says_where(self) -> None:
        assert draft(position=0).made(1, 9, 7, ()).position == 0

    def test_it_has_the_overwrites_of_its_category(self) -> None:
        assert draft().made(1, 9, 0, (RULE,)).overwrites == (RULE,)

    def test_unless_it_brings_its_own_even_none(self) -> None:
        assert covered(OTHER).made(1, 9, 0, (RULE,)).overwrites == (OTHER,)
        assert covered().made(1, 9, 0, (RULE,)).overwrites == ()

    def test_only_channels_to_be_heard_in_have_a_bitrate_and_a_user_limit(self) -> None:
        heard = draft(ChannelType.VOICE).made(1, 9, 0, ())
        assert (heard.bitrate, heard.user_limit) == (DEFAULT_BITRATE, 0)
        asked = draft(ChannelType.STAGE, bitrate=9_000, user_limit=3).made(1, 9, 0, ())
        assert (asked.bitrate, asked.user_limit) == (9_000, 3)
        read = draft(bitrate=9_000, user_limit=3).made(1, 9, 0, ())
        assert (read.bitrate, read.user_limit) == (None, None)

    def test_a_forum_begins_with_its_own_settings(self) -> None:
        forum = draft(ChannelType.FORUM, flags=1 << 4 | 1).made(1, 9, 0, ())
        assert (forum.available_tags, forum.default_forum_layout, forum.flags) == ([], 0, 16)
        plain = draft(flags=16, available_tags=[{"name": "x"}]).made(1, 9, 0, ())
        assert (plain.available_tags, plain.default_forum_layout, plain.flags) == (None, None, 0)

    def test_a_copy_has_everything_but_its_id_and_those_of_its_tags(self) -> None:
        tag = {"id": "7", "name": "solved", "moderated": True}
        more = {"topic": "t", "available_tags": [tag], "nsfw": True, "flags": 16}
        forum = replace(ChannelDraft(ChannelType.FORUM, "x", 3, (RULE,), more)).made(1, 9, 5, ())
        copy = copy_of(forum, None).made(2, 9, 6, ())
        assert copy == replace(forum, id=2, position=6, available_tags=[{**tag, "id": None}])
        assert tagged([{**tag, "id": None}, tag], lambda: 8) == [{**tag, "id": "8"}, tag]
        assert copy_of(forum, "y").name == "y"

    def test_neither_conversations_nor_threads_are_made_as_channels(self) -> None:
        refused = {kind for kind in ChannelType if can_make(draft(kind)) is not None}
        assert refused == {ChannelType.DM, ChannelType.GROUP_DM} | THREADS
        assert set(ChannelType) - refused == MAKEABLE

    def test_a_full_guild_takes_no_more(self) -> None:
        assert can_add(limits.CHANNELS_PER_GUILD - 1) is None
        refusal = can_add(limits.CHANNELS_PER_GUILD)
        assert refusal is not None
        assert refusal.error is ErrorCode.MAX_CHANNELS


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        (ChannelType.TEXT, "Book  Club", "book-club"),
        (ChannelType.ANNOUNCEMENT, "News", "news"),
        (ChannelType.FORUM, "독서 모임", "독서-모임"),
        (ChannelType.VOICE, "Living Room", "Living Room"),
        (ChannelType.CATEGORY, "Text Channels", "Text Channels"),
    ],
)
def test_channels_that_are_written_in_are_named_like_links(
    kind: ChannelType, name: str, expected: str
) -> None:
    assert named(kind, name) == expected


class TestEditing:
    def test_only_what_is_named_changes(self) -> None:
        assert edited(TEXT, {"topic": "new"}) == replace(TEXT, topic="new")
        assert edited(TEXT, {}) == TEXT

    def test_names_are_tidied_as_when_making(self) -> None:
        assert edited(TEXT, {"name": "Book Club"}).name == "book-club"

    @pytest.mark.parametrize(
        ("field", "expected"),
        [
            ("parent_id", None),
            ("nsfw", False),
            ("rate_limit_per_user", 0),
            ("name", "Lounge"),
            ("position", 0),
            ("bitrate", DEFAULT_BITRATE),
            ("user_limit", 0),
        ],
    )
    def test_null_resets_what_can_be_reset(self, field: str, expected: object) -> None:
        assert getattr(edited(VOICE, {field: None}), field) == expected

    def test_what_its_kind_does_not_have_is_passed_over(self) -> None:
        assert edited(TEXT, {"bitrate": 9_000, "user_limit": None, "flags": 16}) == TEXT
        assert edited(VOICE, {"topic": "x", "default_forum_layout": 2}) == VOICE

    def test_text_and_announcements_turn_into_each_other_and_nothing_else_does(self) -> None:
        for before in MAKEABLE:
            for after in MAKEABLE:
                one = replace(TEXT, type=before, topic=None)
                turned = edited(one, {"type": after})
                texts = {ChannelType.TEXT, ChannelType.ANNOUNCEMENT}
                may = before is after or {before, after} <= texts
                assert (can_become(one, turned) is None) == may, (before, after)

    def test_limits_depend_on_the_kind(self) -> None:
        long = {"topic": "x" * (limits.CHANNEL_TOPIC_MAX + 1)}
        assert isinstance(can_become(TEXT, edited(TEXT, long)), Invalid)
        forum = replace(TEXT, type=ChannelType.FORUM)
        assert can_become(forum, edited(forum, long)) is None
        many = {"user_limit": limits.VOICE_USER_LIMIT + 1}
        assert isinstance(can_become(VOICE, edited(VOICE, many)), Invalid)
        stage = replace(VOICE, type=ChannelType.STAGE)
        assert can_become(stage, edited(stage, many)) is None


class TestCategories:
    def test_a_category_holds_channels_of_its_guild(self) -> None:
        assert can_hold(ChannelType.TEXT, CATEGORY, 9) is None

    @pytest.mark.parametrize(
        "parent", [None, TEXT, replace(CATEGORY, guild_id=8)], ids=["none", "text", "foreign"]
    )
    def test_nothing_else_is_a_category_here(self, parent: Channel | None) -> None:
        refusal = can_hold(ChannelType.TEXT, parent, 9)
        assert isinstance(refusal, Invalid)
        assert "parent_id" in refusal.fields

    def test_a_full_category_takes_no_more(self) -> None:
        assert can_take_in(limits.CHANNELS_PER_CATEGORY) is None
        assert isinstance(can_take_in(limits.CHANNELS_PER_CATEGORY + 1), Invalid)

    def test_categories_do_not_nest(self) -> None:
        assert isinstance(can_hold(ChannelType.CATEGORY, CATEGORY, 9), Invalid)


def test_a_guild_refers_only_to_channels_of_its_own() -> None:
    assert can_be_referred_to("system_channel_id", 1, {1, 2}) is None
    refusal = can_be_referred_to("system_channel_id", 3, {1, 2})
    assert refusal is not None
    assert refusal.error is ErrorCode.UNKNOWN_CHANNEL
