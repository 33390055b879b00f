"""The ring and the walk along what was missed, at every cut point."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contracts import limits, topics
from contracts.events.base import Header, Route
from contracts.topics import Topic
from gateway.live.replay import JOINED, LEFT, Entry, Ring, follow, merge, stays_after

ONE, TWO, ME = topics.guild(1), topics.guild(2), topics.user(9)


def entry(s: int, topic: Topic = ONE, name: str = "MessageCreate", *, at: float = 0) -> Entry:
    kind, _, number = topic.partition(":")
    route = Route(guild_id=int(number)) if kind == "guild" else Route(user_id=int(number))
    return Entry(s, topic, Header(s, name, route, ""), b"x" * 100, at)


def moved(s: int, name: str, guild_id: int) -> Entry:
    return Entry(s, ME, Header(s, name, Route(guild_id=guild_id, user_id=9), ""), b"{}")


def numbers(entries: list[Entry]) -> list[int]:
    return [one.s for one in entries]


def test_every_cut_point_gives_exactly_what_came_after_it() -> None:
    ring, all_of = Ring(), [entry(s, (ONE, TWO, ME)[s % 3]) for s in range(10, 60)]
    for one in all_of:
        ring.append(one)
    for cut in range(9, 61):
        for asked in ({ONE}, {ONE, TWO}, {ONE, TWO, ME}, set[Topic]()):
            expected = [one for one in all_of if one.s > cut and one.topic in asked]
            assert ring.since(cut, asked) == expected


def test_every_mark_gives_exactly_what_came_after_it() -> None:
    ring, all_of = Ring(), [entry(5, (ONE, TWO)[i % 2]) for i in range(20)]
    marks = []
    for one in all_of:
        marks.append(ring.mark)
        ring.append(one)
    for i, mark in enumerate(marks):
        assert ring.after(mark, {ONE, TWO}) == all_of[i:]
    assert ring.after(ring.mark, {ONE, TWO}) == []


def test_it_knows_up_to_where_it_has_forgotten_for_want_of_room() -> None:
    ring = Ring(most_bytes=500 * 5)
    for s in range(1, 21):
        ring.append(entry(s))
    assert len(ring) == 5
    assert ring.forgotten == 15
    assert [s for s in range(21) if ring.reaches(s)] == list(range(15, 21))
    assert [m for m in range(21) if ring.holds(m)] == list(range(15, 21))
    assert numbers(ring.since(15, {ONE})) == [16, 17, 18, 19, 20]


def test_it_forgets_what_is_too_old() -> None:
    ring = Ring()
    ring.append(entry(1, at=0))
    ring.append(entry(2, at=limits.REPLAY_FOR_S - 1))
    assert ring.reaches(0)
    ring.append(entry(3, at=limits.REPLAY_FOR_S + 1))
    assert not ring.reaches(0)
    assert ring.reaches(1)


def test_an_empty_ring_has_forgotten_nothing() -> None:
    assert Ring().reaches(0)
    assert Ring().holds(0)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_streams_and_ring_join_without_seam(live_one: int, live_two: int, forgot: int) -> None:
    everything = [entry(s, ONE if s % 2 else TWO) for s in range(1, 31)]
    live = {ONE: max(live_one, forgot), TWO: max(live_two, forgot)}
    heard = [one for one in everything if one.s > live[one.topic] or one.s % 3 == 0]
    stored = [one for one in everything if one.s <= max(live.values()) + 4]
    assert merge(stored, heard, live.__getitem__) == everything


class TestFollowing:
    def walk(self, entries: list[Entry], guilds: set[int]) -> list[int]:
        return numbers(list(follow(entries, guilds, lambda guild_id: guild_id != 3)))

    def test_a_guild_counts_from_its_join_on(self) -> None:
        entries = [entry(1, TWO), moved(2, JOINED, 2), entry(3, TWO)]
        assert self.walk(entries, {1}) == [2, 3]

    def test_a_guild_counts_until_it_is_left(self) -> None:
        entries = [entry(1), moved(2, LEFT, 1), entry(3), moved(4, JOINED, 1), entry(5)]
        assert self.walk(entries, {1}) == [1, 2, 4, 5]

    def test_a_join_into_what_is_known_says_nothing(self) -> None:
        assert self.walk([moved(1, JOINED, 1), entry(2)], {1}) == [2]

    def test_a_leave_from_what_is_unknown_says_nothing(self) -> None:
        assert self.walk([moved(1, LEFT, 2), entry(2)], {1}) == [2]

    def test_other_shards_are_not_entered(self) -> None:
        three = topics.guild(3)
        assert self.walk([moved(1, JOINED, 3), entry(2, three)], {1}) == []

    def test_what_is_for_the_person_always_counts(self) -> None:
        assert self.walk([entry(1, ME, "UserUpdate")], set()) == [1]

    def test_where_it_ended_is_known_afterwards(self) -> None:
        guilds = {1}
        list(follow([moved(1, LEFT, 1), moved(2, JOINED, 2)], guilds, lambda guild_id: True))
        assert guilds == {2}


class TestStays:
    def test_begin_with_a_join_and_end_with_a_leave(self) -> None:
        moves = [moved(5, JOINED, 2), moved(7, LEFT, 2), moved(9, JOINED, 2)]
        assert stays_after([(1, 3, 0)], moves) == [(1, 3, 0), (2, 5, 7), (2, 9, 0)]

    def test_that_are_known_change_nothing_however_often_they_are_told(self) -> None:
        moves = [moved(5, JOINED, 2), moved(7, LEFT, 2), moved(9, JOINED, 2)]
        once = stays_after([(1, 3, 0)], moves)
        assert stays_after(once, moves) == once

    def test_are_not_touched_by_other_events(self) -> None:
        assert stays_after([(1, 3, 0)], [entry(5), entry(6, ME, "UserUpdate")]) == [(1, 3, 0)]
