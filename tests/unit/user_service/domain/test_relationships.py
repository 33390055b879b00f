"""How two people stand to each other: every state with every change."""

from __future__ import annotations

import pytest

from contracts.errors import Conflict, ErrorCode, Forbidden, Invalid
from contracts.objects.relationship import RelationshipType
from user_service.domain import relationships as rules
from user_service.domain.relationships import BLOCKED, FRIEND, INCOMING, OUTGOING, Pair, Sources

NONE = Pair()
STATES = (
    NONE,
    Pair(FRIEND, FRIEND),
    Pair(INCOMING, OUTGOING),
    Pair(OUTGOING, INCOMING),
    Pair(BLOCKED, None),
    Pair(None, BLOCKED),
    Pair(BLOCKED, BLOCKED),
)
"""All there are."""


def flipped(pair: Pair) -> Pair:
    return Pair(pair.theirs, pair.mine)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NONE, Pair(OUTGOING, INCOMING)),
        (Pair(INCOMING, OUTGOING), Pair(FRIEND, FRIEND)),
        (Pair(OUTGOING, INCOMING), Pair(OUTGOING, INCOMING)),
        (Pair(FRIEND, FRIEND), Pair(FRIEND, FRIEND)),
    ],
)
def test_asking_asks_or_accepts(before: Pair, after: Pair) -> None:
    """A4: whoever had asked could accept the request themselves."""
    assert rules.befriended(before) == after


@pytest.mark.parametrize(
    ("before", "code"),
    [
        (Pair(BLOCKED, None), ErrorCode.REQUEST_BLOCKED),
        (Pair(BLOCKED, BLOCKED), ErrorCode.REQUEST_BLOCKED),
        (Pair(None, BLOCKED), ErrorCode.REQUESTS_DISABLED),
    ],
)
def test_nobody_asks_across_a_block_and_the_blocked_does_not_learn_of_it(
    before: Pair, code: ErrorCode
) -> None:
    with pytest.raises(Forbidden) as caught:
        rules.befriended(before)
    assert caught.value.error is code


@pytest.mark.parametrize("before", STATES)
def test_a_block_ends_everything_but_the_others_block(before: Pair) -> None:
    """A21: a block was one state on a shared row, and the blocked one could delete it."""
    after = rules.blocked(before)
    assert after.mine is BLOCKED
    assert after.theirs is (BLOCKED if before.theirs is BLOCKED else None)


@pytest.mark.parametrize("before", STATES)
def test_removing_ends_ones_own_side_and_never_the_others_block(before: Pair) -> None:
    after = rules.removed(before)
    assert after.mine is None
    assert (after.theirs is BLOCKED) == (before.theirs is BLOCKED)
    if before.mine is None:
        assert after == before


@pytest.mark.parametrize("before", STATES)
def test_no_change_leaves_the_states_there_are(before: Pair) -> None:
    for change in (rules.blocked, rules.removed):
        assert change(before) in STATES
        assert flipped(change(before)) in STATES


@pytest.mark.parametrize("kind", RelationshipType)
def test_a_list_is_bounded(kind: RelationshipType) -> None:
    most = rules.MOST[kind]
    assert rules.refusal_of_one_more(kind, most - 1, own=True) is None
    assert isinstance(rules.refusal_of_one_more(kind, most, own=True), Conflict)


def test_a_full_list_of_requests_is_a_closed_door() -> None:
    refusal = rules.refusal_of_one_more(INCOMING, 1_000, own=False)
    assert refusal is not None
    assert refusal.error is ErrorCode.REQUESTS_DISABLED


@pytest.mark.parametrize(
    ("settings", "sources"),
    [
        ({}, Sources()),
        ({"friend_source_flags": None}, Sources()),
        ({"friend_source_flags": {"all": True}}, Sources(True, False, False)),
        ({"friend_source_flags": {"mutual_guilds": True}}, Sources(False, False, True)),
        ({"friend_source_flags": {}}, Sources(False, False, False)),
    ],
)
def test_settings_say_who_may_ask(settings: dict[str, object], sources: Sources) -> None:
    assert rules.sources_of(settings) == sources


def test_a_nickname_is_a_name_or_nothing() -> None:
    assert rules.read_nickname(" 민아 ") == "민아"
    assert rules.read_nickname("") is rules.read_nickname(None) is None
    with pytest.raises(Invalid):
        rules.read_nickname("x" * 33)
