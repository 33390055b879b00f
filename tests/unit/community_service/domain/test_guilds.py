"""Guilds: what a new one begins with, and who may end one."""

from __future__ import annotations

from itertools import count

from community_service.domain.guilds import can_be_in_one_more, can_delete, found, settled
from contracts import limits
from contracts.errors import ErrorCode
from contracts.objects.channel import ChannelType
from contracts.permissions import EVERYONE_DEFAULT

IDS = count(100)
NEW = found("Book club", 7, lambda: next(IDS))


def test_a_new_guild_has_a_place_to_write_and_a_place_to_talk() -> None:
    texts, voices, general, lounge = NEW.channels
    assert [one.type for one in NEW.channels] == [
        ChannelType.CATEGORY,
        ChannelType.CATEGORY,
        ChannelType.TEXT,
        ChannelType.VOICE,
    ]
    assert [one.name for one in NEW.channels] == [
        "Text channels",
        "Voice channels",
        "general",
        "General",
    ]
    assert (general.parent_id, lounge.parent_id) == (texts.id, voices.id)
    assert lounge.bitrate
    assert NEW.guild.system_channel_id == general.id


def test_everybodys_role_has_the_id_of_the_guild() -> None:
    assert NEW.everyone.id == NEW.everyone.guild_id == NEW.guild.id
    assert NEW.everyone.permissions == EVERYONE_DEFAULT
    assert NEW.everyone.position == 0
    assert not NEW.everyone.is_managed


def test_everything_in_it_has_an_id_of_its_own() -> None:
    ids = [NEW.guild.id, *(channel.id for channel in NEW.channels)]
    assert len(set(ids)) == len(ids)
    assert {channel.guild_id for channel in NEW.channels} == {NEW.guild.id}


def test_a_null_resets_a_setting_and_leaves_a_name() -> None:
    changes = {"name": None, "description": None, "afk_timeout": None, "verification_level": 2}
    expected = {"description": None, "afk_timeout": 300, "verification_level": 2}
    assert settled(changes) == expected
    assert settled({"name": "Film club"}) == {"name": "Film club"}


def test_only_the_owner_ends_it() -> None:
    assert can_delete(NEW.guild, 7) is None
    assert can_delete(NEW.guild, 8) is not None


def test_nobody_is_in_more_guilds_than_the_limit() -> None:
    assert can_be_in_one_more(limits.GUILDS_PER_USER) is None
    refusal = can_be_in_one_more(limits.GUILDS_PER_USER + 1)
    assert refusal is not None
    assert refusal.error is ErrorCode.MAX_GUILDS
