"""Many sessions as one presence, and what each gateway has said."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import ChannelId, UserId
from contracts.objects.presence import Status
from contracts.rpc.presence import (
    Attention,
    PresenceDelta,
    PresenceDigest,
    PresenceSnapshot,
    Seat,
    digest_of,
)
from presence_service.domain import OFFLINE, Book, Changes, Lease, Visible, attention, fold

NOW = 1_000_000
ALICE = UserId(7)


def seat(
    session_id: str = "a",
    status: Status = Status.ONLINE,
    platform: str = "desktop",
    activities: tuple[dict[str, object], ...] = (),
) -> Seat:
    return Seat(
        session_id=session_id,
        user_id=ALICE,
        status=status,
        platform=platform,
        activities=activities,
    )


def lease(
    of: Seat, *, expires_ms: int = NOW + 1, changed_ms: int = NOW, is_leaving: bool = False
) -> Lease:
    return Lease(of, expires_ms, changed_ms, is_leaving)


class TestAttention:
    """Where somebody's eyes are, as far as it keeps a push from them (seeds.md B7)."""

    def look(
        self, status: Status, focus: int, since: int | None = None, *, is_leaving: bool = False
    ) -> Lease:
        looking = seat(str(focus), status).model_copy(
            update={"focus": ChannelId(focus), "since": since}
        )
        return lease(looking, is_leaving=is_leaving)

    def test_joins_all_sessions_invisible_ones_too(self) -> None:
        held = [self.look(Status.INVISIBLE, 2), self.look(Status.ONLINE, 1)]
        assert attention(ALICE, held, NOW) == Attention(
            user_id=ALICE, focus=(ChannelId(1), ChannelId(2)), is_active=True
        )

    def test_of_idle_sessions_is_nowhere(self) -> None:
        held = [self.look(Status.IDLE, 1), self.look(Status.ONLINE, 2, since=5)]
        assert attention(ALICE, held, NOW) == Attention(user_id=ALICE)

    def test_one_session_asks_for_all_not_to_be_disturbed(self) -> None:
        found = attention(ALICE, [self.look(Status.DND, 1), self.look(Status.IDLE, 2)], NOW)
        assert found is not None
        assert (found.is_dnd, found.is_active, found.focus) == (True, True, (1,))

    def test_nobody_here_or_just_leaving_has_none(self) -> None:
        gone = self.look(Status.ONLINE, 1, is_leaving=True)
        assert attention(ALICE, [gone], NOW) is None
        assert attention(ALICE, [lease(seat(), expires_ms=NOW)], NOW) is None


class TestFold:
    def test_nobody_here_is_offline(self) -> None:
        assert fold([], NOW) == OFFLINE

    @pytest.mark.parametrize("statuses", list(product(Status, repeat=3)))
    def test_dnd_wins_then_online_then_idle_and_the_rest_is_offline(
        self, statuses: tuple[Status, ...]
    ) -> None:
        held = [lease(seat(str(n), status)) for n, status in enumerate(statuses)]
        expected = next(
            (s for s in (Status.DND, Status.ONLINE, Status.IDLE) if s in statuses), Status.OFFLINE
        )
        assert fold(held, NOW).status is expected

    @pytest.mark.parametrize("hidden", [Status.INVISIBLE, Status.OFFLINE])
    def test_an_invisible_session_never_leaks_in_any_field(self, hidden: Status) -> None:
        game = ({"name": "secret"},)
        invisible = lease(seat("a", hidden, "mobile", game), changed_ms=NOW + 5)
        assert fold([invisible], NOW) == OFFLINE
        shown = fold([invisible, lease(seat("b", Status.IDLE, "web"))], NOW)
        assert shown == Visible(Status.IDLE, (), (("web", "idle"),))
        assert "secret" not in shown.text()

    def test_each_platform_has_a_status_of_its_own(self) -> None:
        held = [
            lease(seat("a", Status.IDLE, "desktop")),
            lease(seat("b", Status.ONLINE, "desktop")),
            lease(seat("c", Status.DND, "mobile")),
            lease(seat("d", Status.INVISIBLE, "web")),
        ]
        assert fold(held, NOW).client_status == (("desktop", "online"), ("mobile", "dnd"))

    def test_activities_are_of_the_session_that_changed_last_and_has_any(self) -> None:
        held = [
            lease(seat("a", activities=({"name": "old"},)), changed_ms=NOW - 9),
            lease(seat("b", activities=({"name": "new"},)), changed_ms=NOW - 5),
            lease(seat("c", platform="mobile"), changed_ms=NOW),
        ]
        assert fold(held, NOW).activities == ({"name": "new"},)

    def test_the_order_of_sessions_does_not_matter(self) -> None:
        held = [
            lease(seat("a", Status.IDLE, "web", ({"name": "x"},))),
            lease(seat("b", Status.ONLINE, "mobile", ({"name": "y"},))),
            lease(seat("c", Status.DND, "desktop"), is_leaving=True),
        ]
        assert len({fold(order, NOW).text() for order in permutations(held)}) == 1

    def test_an_expired_lease_does_not_count(self) -> None:
        assert fold([lease(seat(), expires_ms=NOW)], NOW) == OFFLINE
        assert not fold([lease(seat(), expires_ms=NOW + 1)], NOW).is_offline

    def test_a_session_that_left_counts_until_its_grace_is_over(self) -> None:
        left = lease(seat(), expires_ms=NOW + 10, is_leaving=True)
        assert fold([left], NOW) == fold([lease(seat())], NOW)
        assert fold([left], NOW + 10) == OFFLINE

    @pytest.mark.parametrize("status", Status)
    def test_a_device_that_is_back_replaces_the_session_it_left(self, status: Status) -> None:
        left = lease(seat("a", Status.DND), is_leaving=True)
        back = lease(seat("b", status))
        assert fold([left, back], NOW) == fold([back], NOW)

    def test_another_device_does_not_replace_the_session_that_left(self) -> None:
        left = lease(seat("a", Status.ONLINE), is_leaving=True)
        other = lease(seat("b", Status.IDLE, "mobile"))
        assert fold([left, other], NOW).status is Status.ONLINE


class TestVisible:
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(Status),
                st.sampled_from(["desktop", "mobile", "web"]),
                st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2),
            ),
            max_size=4,
        )
    )
    def test_what_was_kept_is_read_back_the_same(
        self, sessions: list[tuple[Status, str, dict[str, object]]]
    ) -> None:
        held = [
            lease(seat(str(n), status, platform, (doing,)))
            for n, (status, platform, doing) in enumerate(sessions)
        ]
        visible = fold(held, NOW)
        assert Visible.parse(visible.text()) == visible
        assert bool(visible.text()) is not visible.is_offline


def snapshot(*seats: Seat, epoch: int = 1) -> PresenceSnapshot:
    return PresenceSnapshot(instance="g1", epoch=epoch, seats=seats)


def delta(
    number: int, *opened: Seat, closed: tuple[str, ...] = (), epoch: int = 1
) -> PresenceDelta:
    return PresenceDelta(instance="g1", epoch=epoch, number=number, opened=opened, closed=closed)


def digest(number: int, *seats: Seat, epoch: int = 1) -> PresenceDigest:
    return PresenceDigest(
        instance="g1",
        epoch=epoch,
        number=number,
        count=len(seats),
        digest=digest_of({each.session_id: each for each in seats}),
    )


class TestChanges:
    def test_what_came_later_wins(self) -> None:
        first = Changes({"a": seat("a"), "b": seat("b")}, {"c": ALICE})
        later = Changes({"c": seat("c"), "b": seat("b", Status.DND)}, {"a": ALICE})
        assert first.then(later) == Changes(
            {"b": seat("b", Status.DND), "c": seat("c")}, {"a": ALICE}
        )

    def test_a_snapshot_replaces_what_came_before_and_stays_one(self) -> None:
        whole = Changes({"b": seat("b")}, {}, is_whole=True)
        assert Changes({"a": seat("a")}, {"c": ALICE}).then(whole) == whole
        assert whole.then(Changes({}, {"b": ALICE})) == Changes({}, {"b": ALICE}, is_whole=True)


class TestBook:
    def test_a_snapshot_begins_and_names_everything(self) -> None:
        book = Book()
        changes = book.snapshot(snapshot(seat("a"), seat("b")), 0)
        assert changes == Changes({"a": seat("a"), "b": seat("b")}, {}, is_whole=True)
        assert book.agrees(digest(0, seat("b"), seat("a")), 0)

    def test_deltas_open_change_and_close(self) -> None:
        book = Book()
        book.snapshot(snapshot(seat("a"), seat("b")), 0)
        away = seat("b", Status.IDLE)
        changes = book.delta(delta(1, away, seat("c"), closed=("a",)), 0)
        assert changes == Changes({"b": away, "c": seat("c")}, {"a": ALICE})
        assert book.agrees(digest(1, away, seat("c")), 0)

    def test_a_session_named_as_gone_and_as_here_is_here(self) -> None:
        book = Book()
        book.snapshot(snapshot(seat("a")), 0)
        changes = book.delta(delta(1, seat("a", Status.DND), closed=("a",)), 0)
        assert changes == Changes({"a": seat("a", Status.DND)}, {})

    def test_closing_what_is_unknown_means_nothing(self) -> None:
        book = Book()
        book.snapshot(snapshot(), 0)
        assert book.delta(delta(1, closed=("x",)), 0) == Changes()

    def test_a_delta_of_an_unknown_gateway_or_another_epoch_is_not_believed(self) -> None:
        book = Book()
        assert book.delta(delta(1, seat()), 0) is None
        book.snapshot(snapshot(epoch=5), 0)
        assert book.delta(delta(1, seat(), epoch=4), 0) is None
        assert book.delta(delta(1, seat(), epoch=6), 0) is None
        assert book.agrees(digest(0, epoch=5), 0)

    def test_a_delta_heard_twice_counts_once(self) -> None:
        book = Book()
        book.snapshot(snapshot(), 0)
        assert book.delta(delta(1, seat()), 0) is not None
        assert book.delta(delta(1, closed=("a",)), 0) is None
        assert book.agrees(digest(1, seat()), 0)

    def test_a_hole_in_the_numbers_is_believed_but_disagrees_until_the_next_snapshot(self) -> None:
        book = Book()
        book.snapshot(snapshot(), 0)
        assert book.delta(delta(2, seat()), 0) == Changes({"a": seat()}, {})
        assert not book.agrees(digest(2, seat()), 0)
        book.delta(delta(3), 0)
        assert not book.agrees(digest(3, seat()), 0)
        book.snapshot(snapshot(seat(), epoch=2), 0)
        assert book.agrees(digest(0, seat(), epoch=2), 0)

    @pytest.mark.parametrize("epoch", [1, 2])
    def test_a_snapshot_that_is_not_newer_is_ignored(self, epoch: int) -> None:
        book = Book()
        book.snapshot(snapshot(seat(), epoch=2), 0)
        assert book.snapshot(snapshot(epoch=epoch), 0) is None
        assert book.agrees(digest(0, seat(), epoch=2), 0)

    @pytest.mark.parametrize(
        "other",
        [
            digest(1, seat()),
            digest(0),
            digest(0, seat("b")),
            digest(0, seat("a", Status.DND)),
            digest(0, seat("a", platform="web")),
            digest(0, seat(), seat("b")),
            digest(0, seat(), epoch=2),
            digest(0, seat()).model_copy(update={"digest": "nonsense"}),
        ],
    )
    def test_any_difference_disagrees(self, other: PresenceDigest) -> None:
        book = Book()
        book.snapshot(snapshot(seat()), 0)
        assert book.agrees(digest(0, seat()), 0)
        assert not book.agrees(other, 0)

    def test_a_doubted_gateway_disagrees_until_its_next_snapshot(self) -> None:
        book = Book()
        book.doubt("g1")
        book.snapshot(snapshot(seat()), 0)
        book.doubt("g1")
        assert not book.agrees(digest(0, seat()), 0)
        book.snapshot(snapshot(seat(), epoch=2), 0)
        assert book.agrees(digest(0, seat(), epoch=2), 0)

    def test_a_silent_gateway_is_forgotten_and_then_disagrees(self) -> None:
        book = Book()
        book.snapshot(snapshot(seat()), 0)
        book.delta(delta(1), 10)
        assert book.forget_silent(69.9, 60) == []
        assert [each.instance for each in book] == ["g1"]
        assert book.forget_silent(70, 60) == ["g1"]
        assert not book.agrees(digest(1, seat()), 70)
        assert book.delta(delta(2), 70) is None

    def test_a_digest_counts_as_being_heard(self) -> None:
        book = Book()
        book.snapshot(snapshot(), 0)
        book.agrees(digest(0), 50)
        assert book.forget_silent(70, 60) == []
