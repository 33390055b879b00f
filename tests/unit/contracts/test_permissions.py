"""The permission function: each documented rule as a row, then worlds by the thousand beside a
model that asks bit by bit.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.permissions import (
    ELEVATED,
    EVERYONE_DEFAULT,
    EVERYTHING,
    NONE,
    READING,
    Facts,
    Overwrite,
    Permission,
    Where,
    compute,
    holds,
)
from tests.unit.contracts.by_the_book import Worlds, may, spoken_of

VIEW, SEND = Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES
HISTORY, REACT = Permission.READ_MESSAGE_HISTORY, Permission.ADD_REACTIONS
ADMIN, FILES = Permission.ADMINISTRATOR, Permission.ATTACH_FILES
IN_THREADS = Permission.SEND_MESSAGES_IN_THREADS
WRITER = int(VIEW | SEND | HISTORY)


def somebody(**facts: object) -> Facts:
    return replace(Facts(is_member=True, everyone=WRITER), **facts)


RULES = [
    ("1 a stranger may do nothing", Facts(is_member=False, everyone=int(EVERYTHING)), NONE),
    ("1 an owner who left may do nothing", Facts(is_member=False, is_owner=True), NONE),
    ("2 the owner may do everything", Facts(is_member=True, is_owner=True), EVERYTHING),
    (
        "2 no overwrite binds the owner",
        somebody(is_owner=True, member_overwrite=Overwrite(deny=int(EVERYTHING))),
        EVERYTHING,
    ),
    ("2 no timeout binds the owner", somebody(is_owner=True, is_timed_out=True), EVERYTHING),
    ("3 @everyone counts", somebody(), VIEW | SEND | HISTORY),
    ("3 a role adds", somebody(roles={7: int(REACT)}), VIEW | SEND | HISTORY | REACT),
    (
        "3 roles are joined",
        somebody(roles={7: int(REACT), 8: int(FILES)}),
        VIEW | SEND | HISTORY | REACT | FILES,
    ),
    ("3 a role without permissions takes nothing", somebody(roles={7: 0}), Permission(WRITER)),
    ("4 an administrator may do everything", somebody(roles={7: int(ADMIN)}), EVERYTHING),
    ("4 @everyone can make administrators", somebody(everyone=int(ADMIN)), EVERYTHING),
    (
        "4 no overwrite binds an administrator",
        somebody(roles={7: int(ADMIN)}, everyone_overwrite=Overwrite(deny=int(VIEW))),
        EVERYTHING,
    ),
    (
        "4 no timeout binds an administrator",
        somebody(roles={7: int(ADMIN)}, is_timed_out=True),
        EVERYTHING,
    ),
    (
        "5 the channel takes from @everyone",
        somebody(everyone_overwrite=Overwrite(deny=int(SEND))),
        VIEW | HISTORY,
    ),
    (
        "5 the channel gives to @everyone",
        somebody(everyone_overwrite=Overwrite(allow=int(REACT))),
        VIEW | SEND | HISTORY | REACT,
    ),
    (
        "5 it takes what a role gave in the guild",
        somebody(roles={7: int(REACT)}, everyone_overwrite=Overwrite(deny=int(REACT))),
        Permission(WRITER),
    ),
    (
        "6 a role's allow beats @everyone's deny",
        somebody(
            everyone_overwrite=Overwrite(deny=int(VIEW)),
            role_overwrites={7: Overwrite(allow=int(VIEW))},
        ),
        Permission(WRITER),
    ),
    (
        "6 among roles an allow beats a deny",
        somebody(
            role_overwrites={7: Overwrite(allow=int(SEND)), 8: Overwrite(deny=int(SEND))},
        ),
        Permission(WRITER),
    ),
    (
        "6 a role's deny takes",
        somebody(role_overwrites={8: Overwrite(deny=int(SEND))}),
        VIEW | HISTORY,
    ),
    (
        "7 a member's deny beats a role's allow",
        somebody(
            role_overwrites={7: Overwrite(allow=int(REACT))},
            member_overwrite=Overwrite(deny=int(REACT)),
        ),
        Permission(WRITER),
    ),
    (
        "7 a member's allow beats every deny",
        somebody(
            everyone_overwrite=Overwrite(deny=int(VIEW)),
            role_overwrites={7: Overwrite(deny=int(VIEW))},
            member_overwrite=Overwrite(allow=int(VIEW)),
        ),
        Permission(WRITER),
    ),
    (
        "7 no overwrite makes an administrator",
        somebody(member_overwrite=Overwrite(allow=int(ADMIN))),
        Permission(WRITER),
    ),
    ("8 who is timed out still reads", somebody(is_timed_out=True), READING),
    (
        "8 and only where reading was permitted",
        somebody(is_timed_out=True, everyone_overwrite=Overwrite(deny=int(HISTORY))),
        VIEW,
    ),
    (
        "10 without a view of the channel there is nothing",
        somebody(everyone=int(SEND | HISTORY)),
        NONE,
    ),
    (
        "10 without sending there are no files, embeds, loud or wide messages",
        somebody(
            everyone=int(
                VIEW
                | FILES
                | Permission.EMBED_LINKS
                | Permission.MENTION_EVERYONE
                | Permission.SEND_TTS_MESSAGES
                | REACT
            )
        ),
        VIEW | REACT,
    ),
    (
        "9 in a thread, sending there is what counts",
        somebody(everyone=int(VIEW | FILES | IN_THREADS), where=Where.THREAD),
        VIEW | SEND | FILES | IN_THREADS,
    ),
    (
        "9 and sending in the parent does not",
        somebody(everyone=int(VIEW | SEND | FILES), where=Where.THREAD),
        VIEW,
    ),
    (
        "10 without connecting there is no voice",
        somebody(everyone=int(VIEW | Permission.SPEAK | Permission.MUTE_MEMBERS)),
        VIEW,
    ),
    (
        "10 in the guild at large nothing implies anything",
        somebody(everyone=int(FILES | Permission.KICK_MEMBERS), where=Where.GUILD),
        FILES | Permission.KICK_MEMBERS,
    ),
    ("10 bits without a name are dropped", somebody(everyone=WRITER | 1 << 60), Permission(WRITER)),
    (
        "11 who lacks the second factor that is asked for does not govern, and talks on",
        somebody(everyone=int(VIEW | SEND | Permission.BAN_MEMBERS), is_held_back=True),
        VIEW | SEND,
    ),
    (
        "11 not even the owner",
        Facts(is_member=True, is_owner=True, is_held_back=True),
        EVERYTHING & ~ELEVATED,
    ),
]


@pytest.mark.parametrize(
    ("facts", "expected"), [row[1:] for row in RULES], ids=[r[0] for r in RULES]
)
def test_rule(facts: Facts, expected: Permission) -> None:
    assert compute(facts) == expected


def test_a_new_guild_lets_everybody_write_and_invite_but_not_manage() -> None:
    assert holds(EVERYONE_DEFAULT, VIEW | SEND | Permission.CREATE_INSTANT_INVITE)
    assert not EVERYONE_DEFAULT & (ADMIN | Permission.MANAGE_GUILD | Permission.MANAGE_ROLES)


def test_holds_needs_every_bit() -> None:
    assert holds(VIEW | SEND, VIEW | SEND)
    assert holds(VIEW, NONE)
    assert not holds(VIEW, VIEW | SEND)


BITS = [int(bit) for bit in Permission]
WORLDS = int(os.environ.get("MOIM_WORLDS", "10000"))


def test_there_are_52_bits_and_each_has_its_place() -> None:
    assert len(BITS) == 52
    unnamed = {1 << place for place in range(53)} - set(BITS)
    assert unnamed == {1 << 47}, "Discord took this one back"


def test_thousands_of_worlds_agree_with_the_rules_asked_bit_by_bit() -> None:
    worlds = Worlds(seed=2015)
    outcomes = set()
    for _ in range(WORLDS):
        facts = worlds.next()
        granted = compute(facts)
        asked = spoken_of(facts)
        silent = [bit for bit in BITS if not bit & asked]
        expected = sum(bit for bit in BITS if bit & asked and may(facts, bit))
        if may(facts, silent[worlds.choose(len(silent))]):
            expected |= sum(silent)
        assert int(granted) == expected, facts
        outcomes.add(int(granted))
    assert len(outcomes) > 200, "the worlds are too much alike to prove anything"


seeds = st.integers(0, 2**32)


@settings(max_examples=200, deadline=None)
@given(seeds, st.sampled_from(BITS))
def test_one_more_allow_for_a_member_never_takes_anything(seed: int, bit: int) -> None:
    facts = Worlds(seed).next()
    own = facts.member_overwrite or Overwrite()
    more = replace(facts, member_overwrite=Overwrite(own.allow | bit, own.deny))
    assert holds(compute(more), compute(facts))


@settings(max_examples=200, deadline=None)
@given(seeds, st.sampled_from(BITS))
def test_one_more_deny_never_gives_anything(seed: int, bit: int) -> None:
    facts = Worlds(seed).next()
    rule = facts.everyone_overwrite or Overwrite()
    less = replace(facts, everyone_overwrite=Overwrite(rule.allow, rule.deny | bit))
    assert holds(compute(facts), compute(less))


@settings(max_examples=200, deadline=None)
@given(seeds)
def test_the_order_of_roles_does_not_matter(seed: int) -> None:
    facts = Worlds(seed).next()
    turned = replace(
        facts,
        roles=dict(reversed(facts.roles.items())),
        role_overwrites=dict(reversed(facts.role_overwrites.items())),
    )
    assert compute(turned) == compute(facts)


@settings(max_examples=200, deadline=None)
@given(seeds)
def test_a_role_without_bits_or_overwrites_changes_nothing(seed: int) -> None:
    facts = Worlds(seed).next()
    assert compute(replace(facts, roles={**facts.roles, 99: 0})) == compute(facts)
