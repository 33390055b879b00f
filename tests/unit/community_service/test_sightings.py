"""Who came and who went, until it is written down."""

from __future__ import annotations

from community_service.sightings import Sightings


def test_what_was_said_of_somebody_last_counts() -> None:
    sightings = Sightings()
    for user_id, is_here in ((1, True), (2, True), (1, False)):
        sightings.note(user_id, is_here=is_here)
    assert sightings.take(10) == {1: False, 2: True}
    assert sightings.take(10) == {}


def test_they_are_taken_some_at_a_time() -> None:
    sightings = Sightings()
    for user_id in range(5):
        sightings.note(user_id, is_here=True)
    assert [len(sightings.take(2)) for _ in range(4)] == [2, 2, 1, 0]
