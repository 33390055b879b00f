"""Where channels stand: what is moved goes where it was asked to, and nothing else is lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from community_service.domain.arrangement import Move, can_stand, known, moved, row_of
from community_service.domain.channels import Channel
from contracts import limits
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType

GUILD, BOX, CHEST = 9, 1, 2
RULE = ChannelOverwrite(id=5, type=OverwriteType.ROLE, deny=1024)
KINDS = (ChannelType.TEXT, ChannelType.VOICE, ChannelType.FORUM)


def category(channel_id: int, position: int, *rules: ChannelOverwrite) -> Channel:
    return Channel(channel_id, GUILD, ChannelType.CATEGORY, "c", position, overwrites=rules)


def channel(
    channel_id: int, position: int, parent: int | None = BOX, kind: ChannelType = ChannelType.TEXT
) -> Channel:
    return Channel(channel_id, GUILD, kind, "x", position, parent)


def row(*positions: int) -> list[Channel]:
    """Channels 10, 11, … in one category, at these positions."""
    return [category(BOX, 0), *(channel(10 + n, place) for n, place in enumerate(positions))]


def order(channels: list[Channel], parent: int | None = BOX) -> list[tuple[int, int]]:
    inside = [one for one in channels if one.parent_id == parent and one.id >= 10]
    return [(one.id, one.position) for one in sorted(inside, key=lambda one: one.position)]


def test_a_channel_moves_down_and_up_among_its_siblings() -> None:
    four = row(0, 1, 2, 3)
    assert order(moved(four, {10: Move(2)})) == [(11, 0), (12, 1), (10, 2), (13, 3)]
    assert order(moved(four, {13: Move(1)})) == [(10, 0), (13, 1), (11, 2), (12, 3)]
    assert order(moved(four, {13: Move(0)})) == [(13, 0), (10, 1), (11, 2), (12, 3)]


def test_positions_that_are_asked_for_whole_are_taken_as_they_are() -> None:
    asked = {10: Move(7), 11: Move(5), 12: Move(6)}
    assert order(moved(row(0, 1, 2), asked)) == [(11, 5), (12, 6), (10, 7)]


def test_ties_of_older_times_are_resolved_where_something_moves() -> None:
    assert order(moved(row(0, 0, 0), {12: Move(0)})) == [(12, 0), (10, 1), (11, 2)]


def test_another_category_is_entered_at_the_place_asked_for_or_after_the_last() -> None:
    guild = [*row(0, 1), category(CHEST, 1), channel(20, 0, CHEST), channel(21, 1, CHEST)]
    first = moved(guild, {10: Move(0, changes_parent=True, parent_id=CHEST)})
    assert order(first, CHEST) == [(10, 0), (20, 1), (21, 2)]
    assert order(first) == [(11, 1)], "those who stay keep their numbers"
    last = moved(guild, {10: Move(changes_parent=True, parent_id=CHEST)})
    assert order(last, CHEST) == [(20, 0), (21, 1), (10, 2)]
    out = moved(guild, {10: Move(changes_parent=True)})
    assert order(out, None) == [(10, 0)]


def test_a_channel_that_is_to_be_in_step_takes_the_overwrites_of_where_it_goes() -> None:
    guild = [*row(0), category(CHEST, 1, RULE)]
    there = Move(changes_parent=True, parent_id=CHEST, is_synced=True)
    assert next(one for one in moved(guild, {10: there}) if one.id == 10).overwrites == (RULE,)
    free = Move(changes_parent=True, is_synced=True)
    assert next(one for one in moved(guild, {10: free}) if one.id == 10).overwrites == ()


def test_what_is_read_heard_and_a_category_are_numbered_apart() -> None:
    rows = {row_of(replace(channel(10, 0), type=kind)) for kind in ChannelType}
    assert len(rows) == 3
    guild = [*row(0), channel(20, 0, kind=ChannelType.VOICE)]
    assert moved(guild, {10: Move(0)}) == guild


channels = st.builds(
    lambda places, kinds, parents: [
        category(BOX, 0),
        category(CHEST, 1),
        *(channel(10 + n, place, parents[n], kinds[n]) for n, place in enumerate(places)),
    ],
    st.lists(st.integers(0, 5), max_size=9),
    st.lists(st.sampled_from(KINDS), min_size=9, max_size=9),
    st.lists(st.sampled_from([None, BOX, CHEST]), min_size=9, max_size=9),
)
moves = st.dictionaries(
    st.integers(10, 18),
    st.builds(
        Move,
        position=st.none() | st.integers(0, 9),
        changes_parent=st.booleans(),
        parent_id=st.sampled_from([None, BOX, CHEST]),
    ),
    max_size=4,
)


@given(channels, moves)
def test_b18_no_channel_is_lost_and_where_something_moves_no_two_stand_in_one_place(
    before: list[Channel], asked: dict[int, Move]
) -> None:
    """B18: order by pointers could lose chains; positions are only ever numbers."""
    after = moved(before, asked)
    assert [one.id for one in after] == [one.id for one in before]
    old = {one.id: one for one in before}
    touched = {row_of(one) for one in after if one.id in asked and one != old[one.id]}
    for group in touched:
        places = [one.position for one in after if row_of(one) == group]
        assert len(set(places)) == len(places)


@given(channels, moves)
def test_what_is_not_named_keeps_its_order_and_its_category(
    before: list[Channel], asked: dict[int, Move]
) -> None:
    after = {one.id: one for one in moved(before, asked)}
    staying = sorted(
        (one for one in before if one.id not in asked), key=lambda one: (one.position, one.id)
    )
    for one in staying:
        assert after[one.id].parent_id == one.parent_id
    for left, right in pairwise(staying):
        if row_of(left) == row_of(right):
            pair = [(after[one.id].position, one.id) for one in (left, right)]
            assert pair == sorted(pair)


def test_categories_are_of_the_guild_do_not_nest_and_become_full() -> None:
    guild = [*row(0), category(CHEST, 1)]
    for where, target in ((10, 404), (CHEST, BOX), (10, 10)):
        away = moved(guild, {where: Move(changes_parent=True, parent_id=target)})
        assert can_stand(guild, away) is not None, (where, target)
    full = [*row(*range(limits.CHANNELS_PER_CATEGORY)), channel(99, 0, None)]
    inside = moved(full, {99: Move(changes_parent=True, parent_id=BOX)})
    assert can_stand(full, inside) is not None
    assert can_stand(full, moved(full, {10: Move(5)})) is None, "who was in already stays"


def test_a11_channels_of_other_guilds_are_not_known_here() -> None:
    """A11: a move checked the target alone, so foreign channels could be pulled away."""
    assert known(row(0), [10]) is None
    assert known(row(0), [10, 404]) is not None
