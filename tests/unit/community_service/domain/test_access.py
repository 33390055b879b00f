"""Somebody's standing: the facts as rows give them, and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from community_service.domain.access import Standing
from community_service.domain.channels import Channel
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import EVERYTHING, NONE, Permission

NOW = datetime(2026, 1, 2, tzinfo=UTC)
VIEW, SEND = Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES
GUILD, OWNER, ALICE, MODS = 1, 7, 8, 20
MEMBER = Standing(ALICE, OWNER, GUILD, {GUILD: int(VIEW | SEND)}, NOW, None)
HIDDEN = Channel(
    5,
    GUILD,
    ChannelType.TEXT,
    "mods",
    0,
    overwrites=(
        ChannelOverwrite(id=GUILD, type=OverwriteType.ROLE, deny=int(VIEW)),
        ChannelOverwrite(id=MODS, type=OverwriteType.ROLE, allow=int(VIEW)),
    ),
)


def test_a_member_holds_what_everybody_holds() -> None:
    assert MEMBER.granted(NOW) == VIEW | SEND


def test_a_stranger_holds_nothing_even_if_the_guild_is_theirs() -> None:
    assert replace(MEMBER, joined_at=None).granted(NOW) is NONE
    assert replace(MEMBER, joined_at=None, owner_id=ALICE).granted(NOW) is NONE


def test_the_owner_holds_everything() -> None:
    assert replace(MEMBER, owner_id=ALICE).granted(NOW, HIDDEN) == EVERYTHING


def test_a_hidden_channel_shows_itself_to_those_with_the_role() -> None:
    assert MEMBER.granted(NOW, HIDDEN) is NONE
    mod = replace(MEMBER, permissions={**MEMBER.permissions, MODS: 0})
    assert mod.granted(NOW, HIDDEN) == VIEW | SEND


def test_a_timeout_counts_while_it_runs() -> None:
    muted = replace(MEMBER, timed_out_until=NOW + timedelta(seconds=1))
    assert muted.granted(NOW) == VIEW
    assert muted.granted(NOW + timedelta(seconds=1)) == VIEW | SEND


def test_who_lacks_the_factor_that_is_asked_for_does_not_govern_and_talks_on() -> None:
    ban = Permission.BAN_MEMBERS
    able = replace(MEMBER, permissions={GUILD: int(VIEW | SEND | ban)})
    held = replace(able, is_held_back=True)
    assert held.granted(NOW) == VIEW | SEND
    assert held.lacks_only_a_factor(NOW, ban)
    assert not held.lacks_only_a_factor(NOW, Permission.KICK_MEMBERS)
    assert not able.lacks_only_a_factor(NOW, ban)
