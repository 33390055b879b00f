"""Guilds: their settings, and who may end one."""

from __future__ import annotations

from community_service.domain.guilds import Guild, can_be_in_one_more, can_delete, settled
from contracts import limits
from contracts.errors import ErrorCode

GUILD = Guild(100, "Book club", 7)


def test_a_null_resets_a_setting_and_leaves_a_name() -> None:
    changes = {"name": None, "description": None, "afk_timeout": None, "verification_level": 2}
    expected = {"description": None, "afk_timeout": 300, "verification_level": 2}
    assert settled(changes) == expected
    assert settled({"name": "Film club"}) == {"name": "Film club"}


def test_only_the_owner_ends_it() -> None:
    assert can_delete(GUILD, 7) is None
    assert can_delete(GUILD, 8) is not None


def test_nobody_is_in_more_guilds_than_the_limit() -> None:
    assert can_be_in_one_more(limits.GUILDS_PER_USER) is None
    refusal = can_be_in_one_more(limits.GUILDS_PER_USER + 1)
    assert refusal is not None
    assert refusal.error is ErrorCode.MAX_GUILDS
