"""The cursor against every small history: with loss, doubling, trimming and loss of data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import pytest

from chassis.bus.cursor import Cursor, Entry, Head, Standing, Verdict

STEPS = 5


def history(length: int, first_stamp: int = 10) -> list[Entry]:
    return [(n, first_stamp * n, b"%d" % n) for n in range(1, length + 1)]


def head_of(log: list[Entry], floor: int = 0) -> Head:
    return Head(log[-1][0], log[-1][1], floor) if log else Head(floor=floor)


class TestAnArrival:
    def test_is_delivered_when_it_is_the_next(self) -> None:
        cursor = Cursor()
        assert [cursor.feed(n, stamp) for n, stamp, _ in history(3)] == [Verdict.DELIVER] * 3
        assert (cursor.n, cursor.stamp) == (3, 30)

    def test_is_a_hole_when_something_is_missing_before_it(self) -> None:
        cursor = Cursor(3, 30)
        assert cursor.feed(5, 50) is Verdict.HOLE
        assert (cursor.n, cursor.stamp) == (3, 30)

    @pytest.mark.parametrize(("n", "stamp"), [(3, 30), (2, 20), (1, 1)])
    def test_is_a_duplicate_when_it_was_delivered(self, n: int, stamp: int) -> None:
        assert Cursor(3, 30).feed(n, stamp) is Verdict.DUPLICATE

    @pytest.mark.parametrize(
        ("n", "stamp"), [(3, 31), (3, 29), (1, 40), (2, 30), (4, 30), (4, 12), (9, 30)]
    )
    def test_is_of_another_history_when_number_and_stamp_disagree(self, n: int, stamp: int) -> None:
        cursor = Cursor(3, 30)
        assert cursor.feed(n, stamp) is Verdict.REGRESSED
        assert (cursor.n, cursor.stamp) == (3, 30)

    def test_gets_exactly_one_verdict_whatever_it_is(self) -> None:
        for n, stamp in product(range(1, 8), range(0, 80, 5)):
            before = Cursor(3, 30)
            verdict = before.feed(n, stamp)
            moved = (before.n, before.stamp) != (3, 30)
            assert moved == (verdict is Verdict.DELIVER) == (n == 4 and stamp > 30)


class TestTheHead:
    @pytest.mark.parametrize(
        ("head", "standing"),
        [
            (Head(3, 30, 0), Standing.CURRENT),
            (Head(3, 30, 30), Standing.CURRENT),
            (Head(4, 40, 0), Standing.BEHIND),
            (Head(9, 90, 30), Standing.BEHIND),
            (Head(9, 90, 31), Standing.LOST),
            (Head(2, 20, 0), Standing.LOST),
            (Head(3, 35, 0), Standing.LOST),
            (Head(5, 30, 0), Standing.LOST),
            (Head(), Standing.LOST),
        ],
    )
    def test_says_where_the_cursor_stands(self, head: Head, standing: Standing) -> None:
        assert Cursor(3, 30).compare(head) is standing

    def test_of_a_topic_without_events_is_current_for_a_new_cursor(self) -> None:
        assert Cursor().compare(Head()) is Standing.CURRENT


class TestTheLog:
    def test_gives_what_was_missed(self) -> None:
        cursor = Cursor(2, 20)
        assert cursor.absorb(history(5)[1:], 0) == history(5)[2:]
        assert (cursor.n, cursor.stamp) == (5, 50)

    def test_must_begin_with_the_cursors_own_entry(self) -> None:
        assert Cursor(2, 20).absorb(history(5)[2:], 0) is None
        assert Cursor(2, 21).absorb(history(5)[1:], 0) is None
        assert Cursor(2, 20).absorb([], 0) is None

    def test_may_lack_the_own_entry_where_the_floor_proves_that_nothing_else_is_missing(
        self,
    ) -> None:
        assert Cursor(2, 20).absorb(history(4)[2:], 20) == history(4)[2:]
        assert Cursor(2, 20).absorb(history(4)[3:], 20) is None

    def test_must_have_no_hole(self) -> None:
        cursor = Cursor(1, 10)
        assert cursor.absorb([*history(2), (4, 40, b"")], 0) is None
        assert (cursor.n, cursor.stamp) == (1, 10)
        assert cursor.absorb([*history(2), (3, 20, b"")], 0) is None


class Reader:
    """The least that a subscriber does with a cursor; the link does the same over a connection."""

    def __init__(self) -> None:
        self.cursor = Cursor()
        self.got: list[Entry] = []
        self.is_lost = False

    def hear(self, entry: Entry, log: list[Entry], floor: int) -> None:
        verdict = self.cursor.feed(entry[0], entry[1])
        if verdict is Verdict.DELIVER:
            self.got.append(entry)
        elif verdict is not Verdict.DUPLICATE:
            self.repair(log, floor)

    def repair(self, log: list[Entry], floor: int) -> None:
        head = head_of(log, floor)
        standing = self.cursor.compare(head)
        if standing is Standing.BEHIND:
            kept = [entry for entry in log if entry[1] >= self.cursor.stamp and entry[1] > floor]
            missed = self.cursor.absorb(kept, floor)
            if missed is not None and self.cursor.n == head.n:
                self.got += missed
                return
        elif standing is Standing.CURRENT:
            return
        self.is_lost = True
        self.cursor = Cursor(head.n, head.stamp)


def fates() -> Iterator[tuple[str, ...]]:
    return product(("heard", "dropped", "twice", "late"), repeat=STEPS)


def live(reader: Reader, fate: tuple[str, ...], floors: tuple[int, ...]) -> None:
    """Play a history: what is late comes once more after everything else."""
    late = []
    for index, how in enumerate(fate):
        log = history(index + 1)
        entry = log[-1]
        if how == "late":
            late.append(entry)
        elif how != "dropped":
            for _ in range(2 if how == "twice" else 1):
                reader.hear(entry, log, floors[index])
    for entry in late:
        reader.hear(entry, history(len(fate)), floors[-1])


def test_with_a_whole_log_every_history_ends_complete_in_order_and_once() -> None:
    for fate in fates():
        reader = Reader()
        live(reader, fate, (0,) * STEPS)
        reader.repair(history(STEPS), 0)
        assert reader.got == history(STEPS), fate
        assert not reader.is_lost, fate


def test_with_a_trimmed_log_every_history_ends_complete_or_lost_and_never_wrong() -> None:
    stamps = [0, *(stamp for _, stamp, _ in history(STEPS))]
    for fate in fates():
        for first, second in combinations(range(STEPS), 2):
            floors = tuple(
                stamps[0 if i < first else first if i < second else second - 1]
                for i in range(STEPS)
            )
            reader = Reader()
            live(reader, fate, floors)
            reader.repair(history(STEPS), floors[-1])
            numbers = [entry[0] for entry in reader.got]
            assert numbers == sorted(set(numbers)), (fate, floors)
            assert reader.is_lost or reader.got == history(STEPS), (fate, floors)
            assert reader.cursor.n == STEPS


def test_lost_data_is_always_told_and_the_new_history_is_followed() -> None:
    """Redis comes back with an older state, and the same numbers are given again.

    Losing data breaks the connection, so a repair comes before the first new arrival; or it does
    not (FLUSHALL), then every new entry arrives.
    """
    for heard, kept, after in product(range(1, 5), range(5), range(5)):
        for missed in range(after + 1) if kept < heard else ():
            reader = Reader()
            for entry in history(heard):
                reader.hear(entry, history(heard), 0)
            log = history(kept)
            for index in range(after):
                if index == missed > 0:
                    reader.repair(log, 0)
                log.append((kept + index + 1, 1_000 + index, b"new"))
                if index >= missed:
                    reader.hear(log[-1], log, 0)
            reader.repair(log, 0)
            assert reader.is_lost, (heard, kept, after, missed)
            assert reader.cursor.compare(head_of(log)) is Standing.CURRENT
