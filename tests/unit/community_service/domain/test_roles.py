"""Roles: what they become, how they are ordered, and who may say so."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from community_service.domain import hierarchy
from community_service.domain.hierarchy import OWNER
from community_service.domain.roles import (
    Role,
    can_become,
    can_hand_on,
    can_pass,
    can_remove,
    can_reorder,
    edited,
    everyone,
    grantable,
    made,
    of_bot,
    reordered,
    to_tell,
)
from contracts.errors import Conflict, Forbidden
from contracts.permissions import EVERYTHING, NONE, Permission, holds

bits = st.integers(0, 2**63 - 1)


@given(bits, bits)
def test_a_bot_gets_what_it_asks_and_its_installer_holds(asked: int, held: int) -> None:
    installer = Permission(held & int(EVERYTHING))
    granted = grantable(asked, installer)
    assert holds(installer, granted)
    assert int(granted) == asked & int(installer)


def test_the_role_of_a_bot_is_managed() -> None:
    role = of_bot(5, 1, 9, name="echo", permissions=8)
    assert role.is_managed
    assert (role.id, role.guild_id, role.bot_id, role.position) == (5, 1, 9, 1)


GUILD = 1
ALL = everyone(GUILD)


def roles(*positions: int) -> list[Role]:
    """@everyone and roles 10, 11, … at these positions."""
    others = [Role(10 + n, GUILD, f"r{n}", 0, place) for n, place in enumerate(positions)]
    return [ALL, *others]


def order(ladder: list[Role]) -> list[int]:
    return [role.id for role in ladder]


ladders = st.lists(st.integers(1, 6), max_size=8).map(lambda places: roles(*places))
moves = st.dictionaries(st.integers(9, 18), st.integers(-2, 12), max_size=6)


def test_a_new_role_is_the_lowest_of_all_but_everyones() -> None:
    fresh = made(99, GUILD, 7, {"name": "x"})
    assert (fresh.permissions, fresh.position) == (7, 1)
    assert ALL.rank < fresh.rank < min(role.rank for role in roles(1, 1, 2)[1:])


def test_null_resets_what_can_be_reset() -> None:
    role = Role(5, GUILD, "x", 8, 1, color=9, hoist=True, unicode_emoji="🍀")
    nulls = dict.fromkeys(("name", "permissions", "color", "hoist", "unicode_emoji"))
    assert edited(role, nulls) == Role(5, GUILD, "x", 8, 1)


@given(ladders, moves)
def test_an_order_has_neither_gaps_nor_ties_and_everyone_stays_below(
    before: list[Role], places: dict[int, int]
) -> None:
    after = reordered(before, places)
    assert [role.position for role in after] == list(range(len(before)))
    assert after[0] == ALL
    assert sorted(order(after)) == sorted(order(before))


@given(ladders, moves)
def test_what_is_not_named_keeps_its_order(before: list[Role], places: dict[int, int]) -> None:
    staying = [role for role in before if role.id not in places]
    ladder = order(sorted(staying, key=lambda role: role.rank))
    assert [one for one in order(reordered(before, places)) if one not in places] == ladder


def test_a_whole_order_can_be_said_at_once() -> None:
    before = roles(1, 2, 3)
    assert order(reordered(before, {10: 3, 11: 1, 12: 2})) == [GUILD, 11, 12, 10]
    assert order(reordered(before, {12: 1})) == [GUILD, 12, 10, 11]
    assert order(reordered(before, {10: 2, 12: 2})) == [GUILD, 11, 10, 12], "ties as they were"


@given(ladders, moves, st.integers(10, 17))
def test_nobody_moves_what_is_not_below_them(
    before: list[Role], places: dict[int, int], mine: int
) -> None:
    own = next((role.rank for role in before if role.id == mine), hierarchy.MEMBER)
    after = reordered(before, places)
    above = {role.id for role in before if role.rank >= own and role != ALL}
    ladder = order(sorted(before, key=lambda role: role.rank))
    is_same = all((ladder.index(one) == order(after).index(one)) for one in above)
    assert (can_reorder(own, before, after) is None) == is_same
    assert can_reorder(OWNER, before, after) is None


def test_all_are_told_after_gaps_or_ties_else_those_that_moved() -> None:
    dense, tied = roles(1, 2, 3), roles(1, 1, 2)
    assert order(to_tell(dense, reordered(dense, {10: 2}))) == [11, 10]
    assert order(to_tell(tied, reordered(tied, {12: 1}))) == [12, 11, 10]


@given(bits, bits, bits)
def test_only_bits_that_change_must_be_held(granted: int, before: int, after: int) -> None:
    refusal = can_hand_on(Permission(granted & int(EVERYTHING)), before, after)
    assert (refusal is None) == (not (before ^ after) & ~(granted & int(EVERYTHING)))
    assert can_hand_on(NONE, after, after) is None


def test_of_everyones_role_only_the_permissions_change() -> None:
    assert can_become(ALL, replace(ALL, permissions=0)) is None
    assert isinstance(can_become(ALL, replace(ALL, name="x")), Conflict)


def test_everyones_role_and_those_of_bots_are_neither_passed_nor_removed() -> None:
    bots = of_bot(5, GUILD, 9, name="echo", permissions=0)
    plain = Role(6, GUILD, "x", 0, 1)
    assert can_remove(plain) is None
    assert can_pass(OWNER, [plain]) is None
    assert isinstance(can_pass(plain.rank, [plain]), Forbidden)
    for fixed in (ALL, bots):
        assert can_remove(fixed) is not None
        assert can_pass(OWNER, [plain, fixed]) is not None
