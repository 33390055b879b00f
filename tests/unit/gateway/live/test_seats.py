"""What presence_service is told of the sessions of a gateway."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.objects.presence import Status
from contracts.rpc.presence import PresenceDelta, PresenceSnapshot, Seat, digest_of
from gateway.live.seats import Report, Seated, Seats


def seat(session_id: str = "a", status: Status = Status.ONLINE, *, doing: str = "") -> Seated:
    activities = ({"name": doing},) if doing else ()
    return Seated(session_id, 7, status, activities, "web", None, None)


class Listener:
    """The other end of the link, as the contract describes it."""

    def __init__(self) -> None:
        self.epoch = self.number = 0
        self.seats: dict[str, Seat] = {}

    def hear(self, report: Report) -> None:
        if isinstance(report, PresenceSnapshot):
            assert report.epoch > self.epoch
            self.epoch, self.number = report.epoch, 0
            self.seats = {each.session_id: each for each in report.seats}
            return
        assert (report.epoch, report.number) == (self.epoch, self.number + 1)
        self.number = report.number
        assert not {each.session_id for each in report.opened} & set(report.closed)
        for session_id in report.closed:
            del self.seats[session_id]
        self.seats |= {each.session_id: each for each in report.opened}


def send_all(seats: Seats, listener: Listener, now: float = 0.0) -> list[Report]:
    said: list[Report] = []
    while (report := seats.report(now)) is not None:
        listener.hear(report)
        seats.sent(report, now)
        said.append(report)
    return said


def assert_equal_ends(seats: Seats, listener: Listener) -> None:
    digest = seats.digest()
    assert digest is not None
    assert (digest.epoch, digest.number) == (listener.epoch, listener.number)
    assert (digest.count, digest.digest) == (len(listener.seats), digest_of(listener.seats))


class TestLink:
    def test_nothing_is_said_while_nobody_listens(self) -> None:
        seats = Seats("g1")
        seats.put(seat())
        assert seats.report(1e9) is None
        assert seats.digest() is None

    def test_a_link_opens_with_a_snapshot_even_of_nothing(self) -> None:
        seats = Seats("g1")
        seats.link_up(5)
        assert seats.report(0) == PresenceSnapshot(instance="g1", epoch=5, seats=())
        assert seats.digest() is None

    def test_the_snapshot_names_every_session(self) -> None:
        seats, listener = Seats("g1"), Listener()
        seats.put(seat("a"))
        seats.put(seat("b", Status.INVISIBLE))
        seats.link_up(5)
        send_all(seats, listener)
        assert listener.seats == {"a": seat("a").told(), "b": seat("b", Status.INVISIBLE).told()}

    def test_each_link_has_a_higher_epoch_whatever_the_clock_does(self) -> None:
        seats, listener = Seats("g1"), Listener()
        for now_ms in (100, 100, 7, 200):
            seats.link_up(now_ms)
            send_all(seats, listener)
            seats.link_down()
        assert listener.epoch == 200

    def test_a_link_that_returns_hears_everything_anew(self) -> None:
        seats, listener = Seats("g1"), Listener()
        seats.link_up(1)
        seats.put(seat("a"))
        send_all(seats, listener)
        seats.link_down()
        seats.drop("a")
        seats.put(seat("b"))
        seats.link_up(2)
        assert send_all(seats, listener) == [
            PresenceSnapshot(instance="g1", epoch=2, seats=(seat("b").told(),))
        ]
        assert_equal_ends(seats, listener)


class TestDeltas:
    @pytest.fixture
    def listener(self) -> Listener:
        return Listener()

    @pytest.fixture
    def seats(self, listener: Listener) -> Seats:
        seats = Seats("g1", beat_every=20)
        seats.link_up(1)
        seats.put(seat("a"))
        send_all(seats, listener)
        return seats

    def test_changes_since_the_last_report_are_one_delta(
        self, seats: Seats, listener: Listener
    ) -> None:
        seats.put(seat("b"))
        seats.put(seat("b", Status.IDLE))
        seats.drop("a")
        assert send_all(seats, listener) == [
            PresenceDelta(
                instance="g1",
                epoch=1,
                number=1,
                opened=(seat("b", Status.IDLE).told(),),
                closed=("a",),
            )
        ]

    def test_numbers_go_on_without_a_hole(self, seats: Seats, listener: Listener) -> None:
        for status in (Status.DND, Status.IDLE, Status.ONLINE):
            seats.put(seat("a", status))
            send_all(seats, listener)
        assert listener.number == 3

    def test_what_was_undone_before_it_was_told_is_never_told(self, seats: Seats) -> None:
        seats.put(seat("b"))
        seats.drop("b")
        seats.put(seat("a", Status.DND))
        seats.put(seat("a"))
        assert seats.report(0) is None

    def test_a_session_that_went_and_came_is_told_as_it_is_now(
        self, seats: Seats, listener: Listener
    ) -> None:
        seats.drop("a")
        seats.put(seat("a", Status.DND))
        (said,) = send_all(seats, listener)
        assert isinstance(said, PresenceDelta)
        assert (said.opened, said.closed) == ((seat("a", Status.DND).told(),), ())

    def test_a_report_that_could_not_be_sent_is_made_again_with_what_changed_since(
        self, seats: Seats, listener: Listener
    ) -> None:
        seats.put(seat("b"))
        assert seats.report(0) is not None
        seats.put(seat("c"))
        (said,) = send_all(seats, listener)
        assert isinstance(said, PresenceDelta)
        assert (said.number, said.opened) == (1, (seat("b").told(), seat("c").told()))

    def test_activities_alone_are_a_change(self, seats: Seats, listener: Listener) -> None:
        seats.put(seat("a", doing="chess"))
        send_all(seats, listener)
        assert listener.seats == {"a": seat("a", doing="chess").told()}

    def test_dropping_what_is_not_there_means_nothing(self, seats: Seats) -> None:
        seats.drop("x")
        assert seats.report(0) is None

    def test_an_empty_delta_breaks_a_long_silence(self, seats: Seats, listener: Listener) -> None:
        assert seats.report(19.9) is None
        beat = seats.report(20)
        assert beat == PresenceDelta(instance="g1", epoch=1, number=1)
        listener.hear(beat)
        seats.sent(beat, 20)
        assert seats.report(39.9) is None
        assert seats.report(40) is not None

    def test_the_end_of_the_process_closes_every_session(
        self, seats: Seats, listener: Listener
    ) -> None:
        seats.put(seat("b"))
        seats.clear()
        send_all(seats, listener)
        assert listener.seats == {}
        assert len(seats) == 0


class TestPieces:
    @pytest.mark.parametrize("doing", ["", "x" * 300])
    def test_a_large_house_is_told_in_pieces_that_add_up(self, doing: str) -> None:
        seats, listener = Seats("g1", piece_bytes=1_000), Listener()
        for number in range(23):
            seats.put(seat(str(number), doing=doing))
        seats.link_up(1)
        said = send_all(seats, listener)
        assert len(said) > 2
        assert isinstance(said[0], PresenceSnapshot)
        assert all(len(report.encode()) < 2_500 for report in said)
        assert len(listener.seats) == 23
        assert_equal_ends(seats, listener)

    def test_closing_many_is_told_in_pieces_too(self) -> None:
        seats, listener = Seats("g1", piece_bytes=1_000), Listener()
        seats.link_up(1)
        for number in range(200):
            seats.put(seat(f"{number:020}"))
        send_all(seats, listener)
        seats.clear()
        assert len(send_all(seats, listener)) > 2
        assert listener.seats == {}


class TestDigest:
    def test_it_tells_what_was_sent_not_what_waits(self) -> None:
        seats, listener = Seats("g1"), Listener()
        seats.link_up(1)
        seats.put(seat("a"))
        send_all(seats, listener)
        seats.put(seat("b"))
        seats.drop("a")
        assert_equal_ends(seats, listener)

    def test_disagreement_tells_everything_anew(self) -> None:
        seats, listener = Seats("g1"), Listener()
        seats.link_up(1)
        seats.put(seat("a"))
        send_all(seats, listener)
        listener.seats.clear()
        digest = seats.digest()
        assert digest is not None
        seats.disagreed(digest, 9)
        assert send_all(seats, listener) == [
            PresenceSnapshot(instance="g1", epoch=9, seats=(seat("a").told(),))
        ]

    def test_disagreement_about_an_epoch_that_is_over_means_nothing(self) -> None:
        seats, listener = Seats("g1"), Listener()
        seats.link_up(1)
        send_all(seats, listener)
        digest = seats.digest()
        assert digest is not None
        seats.link_down()
        seats.disagreed(digest, 8)
        seats.link_up(9)
        send_all(seats, listener)
        seats.disagreed(digest, 10)
        assert seats.report(0) is None


ACTIONS: dict[str, Callable[[Seats], None]] = {
    "up": lambda seats: seats.link_up(1),
    "down": lambda seats: seats.link_down(),
    "put a": lambda seats: seats.put(seat("a")),
    "put a idle": lambda seats: seats.put(seat("a", Status.IDLE)),
    "put b": lambda seats: seats.put(seat("b")),
    "drop a": lambda seats: seats.drop("a"),
    "disagree": lambda seats: (d := seats.digest()) and seats.disagreed(d, 1),  # type: ignore[func-returns-value]
    "clear": lambda seats: seats.clear(),
}


def converge(seats: Seats, listener: Listener) -> None:
    """Whatever happened: a link makes both ends equal."""
    seats.link_up(1)
    send_all(seats, listener)
    assert listener.seats == {key: held.told() for key, held in seats._held.items()}
    assert_equal_ends(seats, listener)


class TestExhaustion:
    @pytest.mark.parametrize("reporting_after", [1, 2, 3, 4])
    def test_after_any_four_things_both_ends_agree(self, reporting_after: int) -> None:
        for names in product(ACTIONS, repeat=4):
            seats, listener = Seats("g1"), Listener()
            for count, name in enumerate(names, 1):
                ACTIONS[name](seats)
                if count >= reporting_after:
                    send_all(seats, listener)
            converge(seats, listener)

    @given(st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), st.booleans()), max_size=40))
    def test_after_anything_both_ends_agree(self, steps: list[tuple[str, bool]]) -> None:
        seats, listener = Seats("g1", piece_bytes=1), Listener()
        is_up = False
        for name, is_reporting in steps:
            ACTIONS[name](seats)
            is_up = {"up": True, "down": False}.get(name, is_up)
            if is_reporting:
                send_all(seats, listener)
                if is_up:
                    assert listener.seats == {key: held.told() for key, held in seats._held.items()}
        converge(seats, listener)
