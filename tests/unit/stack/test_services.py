"""The table of services."""

from __future__ import annotations

import pytest

from stack.services import HOUSE, Service, Table


def test_every_neighbour_is_a_row() -> None:
    for row in HOUSE:
        assert set(row.calls) | set(row.upstreams) | set(row.after) <= set(HOUSE.names())


def test_there_are_eight_services_and_four_keep_rows() -> None:
    assert len(HOUSE.rows) == 8
    assert [row.schema for row in HOUSE.stored()] == ["users", "community", "chat", "notification"]


def test_only_the_forwarding_of_media_lives_without_redis() -> None:
    assert [row.name for row in HOUSE if not row.redis] == ["media"]


def test_the_gateway_starts_after_all_it_passes_requests_to() -> None:
    first, second = HOUSE.waves(HOUSE.names())
    assert [row.name for row in second] == ["gateway"]
    assert set(HOUSE["gateway"].upstreams) <= {row.name for row in first}


def test_waves_of_a_part_hold_only_that_part() -> None:
    assert [[row.name for row in wave] for wave in HOUSE.waves(["gateway"])] == [["gateway"]]
    assert [[row.name for row in wave] for wave in HOUSE.waves(iter(["chat", "gateway"]))] == [
        ["chat"],
        ["gateway"],
    ]


def test_a_circle_of_start_orders_is_refused() -> None:
    table = Table((Service("a", "a", after=("b",)), Service("b", "b", after=("a",))))
    with pytest.raises(ValueError, match="circle"):
        table.waves(["a", "b"])


def test_an_unknown_service_is_an_error() -> None:
    assert "nobody" not in HOUSE
    with pytest.raises(KeyError):
        HOUSE.names(["nobody"])


def test_callers_are_the_other_side_of_calls() -> None:
    assert [row.name for row in HOUSE.callers("presence")] == [
        "gateway",
        "community",
        "notification",
    ]
