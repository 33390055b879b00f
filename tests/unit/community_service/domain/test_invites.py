"""Invites: unguessable, and over when they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_service.domain.invites import (
    CODE_BITS,
    Terms,
    can_lead_to,
    can_revoke,
    code_from,
    draft,
    is_code,
    worn_after,
)
from contracts.errors import Forbidden
from contracts.objects.channel import ChannelType
from contracts.permissions import NONE, Permission

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = Terms(3_600, 2, is_temporary=False)
INVITE = draft("code", guild_id=1, channel_id=2, inviter_id=3, terms=TERMS, now=NOW)
bits = st.integers(0, 2**CODE_BITS - 1)


def test_a_code_carries_at_least_sixty_bits() -> None:
    assert CODE_BITS >= 60


@given(bits, bits)
def test_codes_differ_as_the_dice_do_and_need_no_escaping(one: int, other: int) -> None:
    assert (code_from(one) == code_from(other)) is (one == other)
    assert code_from(one).isalnum()
    assert code_from(one).isascii()
    assert is_code(code_from(one))


@pytest.mark.parametrize(
    "text", ["", "short", "x" * 12, "../../etc/x", "x" * 10 + "\0", "x" * 10 + "é"]
)
def test_what_can_not_be_a_code_is_known_as_such(text: str) -> None:
    assert not is_code(text)


def test_it_is_open_until_its_time_is_over() -> None:
    assert INVITE.expires_at == NOW + HOUR
    assert INVITE.is_open(NOW + HOUR - timedelta(microseconds=1))
    assert not INVITE.is_open(NOW + HOUR)
    assert INVITE.is_expired(NOW + HOUR)


def test_it_is_open_until_it_is_used_up() -> None:
    assert replace(INVITE, uses=1).is_open(NOW)
    assert not replace(INVITE, uses=2).is_open(NOW)


def test_zero_knows_no_end() -> None:
    endless = draft(
        "code",
        guild_id=1,
        channel_id=2,
        inviter_id=3,
        terms=Terms(0, 0, is_temporary=False),
        now=NOW,
    )
    assert endless.expires_at is None
    assert replace(endless, uses=10_000).is_open(NOW + timedelta(days=10_000))


def test_an_older_one_serves_again_while_half_of_its_life_is_left() -> None:
    assert worn_after(TERMS, NOW) == NOW + HOUR / 2
    assert worn_after(Terms(0, 0, is_temporary=False), NOW) is None


def test_nobody_arrives_in_a_category() -> None:
    assert can_lead_to(ChannelType.VOICE) is None
    assert isinstance(can_lead_to(ChannelType.CATEGORY), Forbidden)


@pytest.mark.parametrize(
    ("user", "in_channel", "in_guild", "is_allowed"),
    [
        (3, NONE, NONE, True),
        (4, Permission.MANAGE_CHANNELS, NONE, True),
        (4, NONE, Permission.MANAGE_GUILD, True),
        (4, Permission.MANAGE_GUILD, Permission.MANAGE_CHANNELS, False),
        (4, NONE, NONE, False),
    ],
)
def test_who_may_revoke(
    user: int, in_channel: Permission, in_guild: Permission, is_allowed: bool
) -> None:
    assert (can_revoke(INVITE, user, in_channel, in_guild) is None) is is_allowed
