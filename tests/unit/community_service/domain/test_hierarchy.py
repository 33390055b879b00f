"""Who may act on whom: strictly downwards, whoever the pair is."""

from __future__ import annotations

from itertools import pairwise, product

from community_service.domain.hierarchy import (
    MEMBER,
    OWNER,
    STRANGER,
    Rank,
    can_act_on,
    of_person,
    of_role,
)

GUILD, FOUNDER, ALICE = 1, 7, 8
OLD, YOUNG, HIGH = (20, 1), (30, 1), (40, 2)
"""Roles: id and position."""


def person(*roles: tuple[int, int], user_id: int = ALICE) -> Rank:
    return of_person(user_id, roles, guild_id=GUILD, owner_id=FOUNDER)


LADDER = [STRANGER, person(), person(YOUNG), person(OLD), person(HIGH), OWNER]


def test_everybody_acts_on_those_below_and_on_nobody_else() -> None:
    for (high, actor), (low, target) in product(enumerate(LADDER), enumerate(LADDER)):
        assert (can_act_on(actor, target) is None) == (high > low), (high, low)


def test_people_stand_where_their_highest_role_stands() -> None:
    assert person(OLD, HIGH, YOUNG) == person(HIGH) == of_role(*HIGH, GUILD)


def test_everyone_is_the_lowest_role_whatever_its_position() -> None:
    assert of_role(GUILD, 99, GUILD) == MEMBER == person((GUILD, 99))
    assert of_role(2, 0, GUILD) > MEMBER


def test_the_owner_is_above_all_without_any_role_and_not_above_themselves() -> None:
    assert person(user_id=FOUNDER) == OWNER
    assert can_act_on(OWNER, OWNER) is not None


def test_one_target_out_of_reach_refuses_all() -> None:
    assert can_act_on(person(OLD), STRANGER, MEMBER) is None
    assert can_act_on(person(OLD), STRANGER, person(HIGH)) is not None


def test_no_two_roles_stand_equally_high() -> None:
    ladder = sorted(of_role(*role, GUILD) for role in (HIGH, OLD, YOUNG, (GUILD, 0)))
    assert all(low < high for low, high in pairwise(ladder))
