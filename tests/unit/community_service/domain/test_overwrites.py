"""Overwrites: nobody grants or denies what they do not hold."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from community_service.domain.channels import Channel
from community_service.domain.overwrites import (
    can_change,
    can_concern,
    can_have,
    can_keep,
    followers,
    tidy,
    touched,
    with_one,
    without,
)
from contracts import limits
from contracts.errors import Forbidden, Invalid
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import EVERYTHING, NONE, Permission

VIEW, SEND = Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES


def rule(target: int, allow: int = 0, deny: int = 0, *, member: bool = False) -> ChannelOverwrite:
    kind = OverwriteType.MEMBER if member else OverwriteType.ROLE
    return ChannelOverwrite(id=target, type=kind, allow=int(allow), deny=int(deny))


rules = st.lists(
    st.builds(rule, st.integers(1, 5), st.integers(0, 2**56), st.integers(0, 2**56)), max_size=6
).map(tidy)


def test_the_last_word_about_a_target_counts() -> None:
    assert tidy([rule(2, 1), rule(1, 1), rule(2, 2)]) == (rule(1, 1), rule(2, 2))


def test_bits_without_a_name_are_dropped() -> None:
    assert tidy([rule(1, 1 << 62 | VIEW)]) == (rule(1, VIEW),)


def test_what_stays_as_it_was_needs_no_permission() -> None:
    before = (rule(1, VIEW, SEND),)
    assert can_change(NONE, before, before) is None


def test_taking_away_a_denial_is_a_change_like_another() -> None:
    assert touched((rule(1, deny=SEND),), ()) == SEND
    assert isinstance(can_change(VIEW, (rule(1, deny=SEND),), ()), Forbidden)
    assert can_change(SEND, (rule(1, deny=SEND),), ()) is None


def test_a_bit_one_does_not_hold_can_neither_be_granted_nor_denied() -> None:
    assert isinstance(can_change(VIEW, (), (rule(1, SEND),)), Forbidden)
    assert isinstance(can_change(VIEW, (), (rule(1, deny=SEND),)), Forbidden)
    assert can_change(VIEW | SEND, (), (rule(1, SEND, VIEW),)) is None


@given(rules, rules)
def test_who_holds_everything_may_change_everything(
    before: tuple[ChannelOverwrite, ...], after: tuple[ChannelOverwrite, ...]
) -> None:
    assert can_change(EVERYTHING, before, after) is None


@given(rules, rules)
def test_a_change_and_its_reverse_touch_the_same(
    before: tuple[ChannelOverwrite, ...], after: tuple[ChannelOverwrite, ...]
) -> None:
    assert touched(before, after) == touched(after, before)
    assert touched(before, before) == 0


@given(rules, rules, st.integers(0, 2**53 - 1))
def test_nothing_beyond_the_granted_bits_ever_changes(
    before: tuple[ChannelOverwrite, ...], after: tuple[ChannelOverwrite, ...], bits: int
) -> None:
    granted = Permission(bits & int(EVERYTHING))
    if can_change(granted, before, after) is None:
        assert not touched(before, after) & ~granted


def test_overwrites_are_about_roles_and_members_of_the_guild() -> None:
    asked = (rule(1), rule(2, member=True))
    assert can_concern(asked, frozenset({1}), frozenset({2})) is None
    refusal = can_concern(asked, frozenset({2}), frozenset({2}))
    assert isinstance(refusal, Invalid)
    assert list(refusal.fields) == ["permission_overwrites.0.id"]


def test_channels_in_step_with_their_category_follow_it_and_others_do_not() -> None:
    category = Channel(1, 9, ChannelType.CATEGORY, "box", 0, overwrites=(rule(1, VIEW),))
    after = replace(category, overwrites=(rule(1, deny=VIEW),))
    synced = Channel(2, 9, ChannelType.TEXT, "a", 0, 1, overwrites=category.overwrites)
    own = Channel(3, 9, ChannelType.TEXT, "b", 1, 1, overwrites=(rule(2, VIEW),))
    assert followers(category, after, [synced, own]) == [
        replace(synced, overwrites=after.overwrites)
    ]


def test_one_overwrite_is_put_in_the_place_of_another_or_taken_out() -> None:
    before = (rule(1, VIEW), rule(3, SEND))
    assert with_one(before, rule(2, VIEW)) == (rule(1, VIEW), rule(2, VIEW), rule(3, SEND))
    assert with_one(before, rule(3, deny=SEND)) == (rule(1, VIEW), rule(3, deny=SEND))
    assert without(before, 1) == (rule(3, SEND),)
    full = tuple(rule(n) for n in range(limits.OVERWRITES_PER_CHANNEL))
    assert can_have(full) is None
    assert can_have((*full, rule(0))) is not None
    assert can_keep(limits.OVERWRITES_PER_GUILD) is None
    assert can_keep(limits.OVERWRITES_PER_GUILD + 1) is not None
