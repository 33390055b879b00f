"""The permission function: each documented rule as a row, then worlds by the thousand beside a
model that works with sets.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.permissions import (
    EVERYONE_DEFAULT,
    EVERYTHING,
    NONE,
    READING,
    Facts,
    Overwrite,
    Permission,
    compute,
    holds,
)

VIEW, SEND = Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES
HISTORY, REACT = Permission.READ_MESSAGE_HISTORY, Permission.ADD_REACTIONS
ADMIN, FILES = Permission.ADMINISTRATOR, Permission.ATTACH_FILES
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
        "9 without a view of the channel there is nothing",
        somebody(everyone=int(SEND | HISTORY)),
        NONE,
    ),
    (
        "9 without sending there are no files, embeds, loud or wide messages",
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
    ("9 bits without a name are dropped", somebody(everyone=WRITER | 1 << 60), Permission(WRITER)),
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
SILENCED = {
    int(Permission.MENTION_EVERYONE),
    int(Permission.SEND_TTS_MESSAGES),
    int(Permission.ATTACH_FILES),
    int(Permission.EMBED_LINKS),
}


@cache
def named(bits: int) -> frozenset[int]:
    return frozenset(bit for bit in BITS if bits & bit)


def by_the_book(facts: Facts) -> frozenset[int]:
    """The documentation, read aloud with sets: slow, plain, and written apart from the real one."""
    if not facts.is_member:
        return frozenset()
    base = named(facts.everyone).union(*(named(bits) for bits in facts.roles.values()))
    if facts.is_owner or ADMIN in base:
        return frozenset(BITS)
    layers = [
        [facts.everyone_overwrite],
        [*facts.role_overwrites.values()],
        [facts.member_overwrite],
    ]
    for layer in layers:
        for rule in layer:
            base -= named(rule.deny if rule else 0)
        for rule in layer:
            base |= named(rule.allow if rule else 0)
    base -= {ADMIN}
    if VIEW not in base:
        return frozenset()
    if facts.is_timed_out:
        return base & {VIEW, HISTORY}
    return base if SEND in base else base - SILENCED


class Worlds:
    """Random worlds, mostly of bits that matter to each other."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)
        self._common = [int(VIEW), int(SEND), int(HISTORY), int(REACT), *SILENCED]

    def bits(self, likely: float) -> int:
        chosen = 0
        for bit in self._common:
            if self._dice.random() < likely:
                chosen |= bit
        return chosen | (1 << self._dice.randrange(63) if self._dice.random() < 0.3 else 0)

    def overwrite(self) -> Overwrite:
        return Overwrite(self.bits(0.2), self.bits(0.2))

    def maybe(self) -> Overwrite | None:
        return self.overwrite() if self._dice.random() < 0.5 else None

    def next(self) -> Facts:
        dice = self._dice
        held = dice.sample(range(1, 20), dice.randrange(4))
        return Facts(
            is_member=dice.random() < 0.97,
            is_owner=dice.random() < 0.03,
            is_timed_out=dice.random() < 0.1,
            everyone=self.bits(0.6),
            roles={role: self.bits(0.3) for role in held},
            everyone_overwrite=self.maybe(),
            role_overwrites={role: self.overwrite() for role in held if dice.random() < 0.6},
            member_overwrite=self.maybe(),
        )


def test_twenty_thousand_worlds_agree_with_the_documentation_read_aloud() -> None:
    worlds = Worlds(seed=2015)
    outcomes = set()
    for _ in range(20_000):
        facts = worlds.next()
        granted = compute(facts)
        assert named(int(granted)) == by_the_book(facts), facts
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
