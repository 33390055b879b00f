"""On which worker somebody sits."""

from __future__ import annotations

import pytest

from contracts.rpc.media_legs import WORKERS_MOST
from signaling_service.domain.seats import Bench, Enough, seat

ENOUGH = Enough(people=2, packets=1_000)


@pytest.mark.parametrize(
    ("benches", "seated"),
    [
        pytest.param([Bench("home", 1), Bench("b", 0)], "home", id="where the room is"),
        pytest.param([Bench("b", 1), Bench("home", 1)], "home", id="at home first"),
        pytest.param([Bench("home", 2), Bench("b", 0, 9), Bench("c", 0, 3)], "c", id="emptiest"),
        pytest.param([Bench("home", 2), Bench("b", 1, 9), Bench("c", 0)], "b", id="begun first"),
        pytest.param([Bench("home", 1, packets=1_000), Bench("b", 0)], "b", id="too much to do"),
        pytest.param([Bench("home", 2), Bench("b", 0, packets=1_000)], "home", id="nobody is free"),
        pytest.param([Bench("home", 9), Bench("b", 8)], "b", id="all are full: the emptier one"),
        pytest.param([Bench("home", 1, is_draining=True), Bench("b", 0)], "b", id="home drains"),
        pytest.param(
            [Bench("home", 2), Bench("b", 0, is_draining=True)], "home", id="other drains"
        ),
        pytest.param([Bench("home", 2), Bench("b", 0, is_linked=False)], "home", id="b is alone"),
        pytest.param(
            [Bench("home", 2, is_linked=False), Bench("b", 0)], "home", id="home is alone"
        ),
        pytest.param([Bench("home", 0), Bench("b", 1)], "home", id="home is empty"),
        pytest.param([], "home", id="nobody lives: who is asked says so"),
    ],
)
def test_a_room_goes_on_elsewhere_when_a_worker_has_enough_of_it(
    benches: list[Bench], seated: str
) -> None:
    assert seat("home", benches, ENOUGH) == seated


def test_a_room_is_on_so_many_workers_at_most() -> None:
    full = [Bench("home", 2), *(Bench(f"w{number:02}", 3) for number in range(WORKERS_MOST - 1))]
    assert seat("home", [*full[:-1], Bench("fresh", 0)], ENOUGH) == "fresh"
    assert seat("home", [*full, Bench("fresh", 0)], ENOUGH) == "home"
