"""Many questions as one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from chassis.tasks import Tasks
from contracts.errors import DomainError, ErrorCode, Unavailable
from gateway.together import Together


class Neighbour:
    """Doubles even numbers, and knows nothing of others."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []
        self.too_much = 1_000
        self.is_away = False
        self.gate = asyncio.Event()
        self.together = Together("doubles", self._ask, Tasks(), most=4)

    async def _ask(self, keys: tuple[int, ...]) -> Mapping[int, int]:
        self.asked.append(keys)
        await self.gate.wait()
        if self.is_away:
            raise Unavailable
        if sum(keys) >= self.too_much:
            raise DomainError(ErrorCode.INTERNAL)
        return {key: 2 * key for key in keys if key % 2 == 0}


async def test_who_asks_while_an_answer_is_awaited_shares_the_next_question() -> None:
    neighbour = Neighbour()
    first = neighbour.together.of(2)
    await asyncio.sleep(0)
    later = [neighbour.together.of(key) for key in (4, 5, 4, 2)]
    neighbour.gate.set()
    assert await first == 4
    assert [await one for one in later] == [8, None, 8, 4]
    assert neighbour.asked == [(2,), (4, 5, 2)], "what was asked before is asked anew, once"


async def test_a_storm_is_a_question_for_every_few() -> None:
    neighbour = Neighbour()
    asked = [neighbour.together.of(key) for key in range(10)]
    neighbour.gate.set()
    assert [await one for one in asked][:4] == [0, None, 4, None]
    assert sorted(map(len, neighbour.asked)) == [2, 4, 4]


async def test_one_that_is_too_much_does_no_harm_to_others() -> None:
    neighbour = Neighbour()
    neighbour.too_much = 100
    neighbour.gate.set()
    small, large = neighbour.together.of(2), neighbour.together.of(100)
    assert await small == 4
    with pytest.raises(Unavailable):
        await large


async def test_a_neighbour_that_is_away_is_asked_again_by_whoever_comes_next() -> None:
    neighbour = Neighbour()
    neighbour.gate.set()
    neighbour.is_away = True
    neighbour.together.of(6)  # nobody has to await an answer
    with pytest.raises(Unavailable):
        await neighbour.together.of(2)
    neighbour.is_away = False
    assert await neighbour.together.of(2) == 4
