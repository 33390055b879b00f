"""More than anybody needs passes, a flood does not."""

from __future__ import annotations

import pytest

from media_sfu.domain import rationing
from media_sfu.domain.rationing import Ration


def passed(ration: Ration, packets: int, size: int, *, a_second: float, begin: float = 0) -> int:
    """How many of a steady stream."""
    return sum(ration.takes(size, begin + number / a_second) for number in range(packets))


def test_a_steady_stream_below_the_ration_passes_whole() -> None:
    ration = Ration(1_000, 8_000_000)
    assert passed(ration, 5_000, 1_000, a_second=999) == 5_000
    assert ration.told() == 0


def test_a_burst_of_a_second_passes_and_then_only_what_the_ration_allows() -> None:
    ration = Ration(1_000, 8_000_000)
    assert passed(ration, 20_000, 100, a_second=10_000) == pytest.approx(3_000, abs=3)
    assert ration.told() == pytest.approx(17_000, abs=3)
    assert ration.told() == 0
    assert passed(ration, 1_000, 100, a_second=900, begin=4) == 1_000, "and it is forgiven"


def test_large_packets_are_counted_by_their_bits() -> None:
    ration = Ration(1_000, 800_000)
    assert passed(ration, 1_000, 1_000, a_second=500) == pytest.approx(300, abs=3)


def test_nobody_who_shows_something_is_near_a_ration() -> None:
    """4K at 60 pictures a second, and Opus in frames of 2.5 ms."""
    assert passed(rationing.of_media(), 60_000, 1_200, a_second=6_000) == 60_000
    assert passed(rationing.of_voice(), 4_000, 160, a_second=400) == 4_000
