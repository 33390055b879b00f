"""Which media workers live."""

from __future__ import annotations

from typing import Any, cast

import pytest

from chassis.rpc.failures import Away, Late, Lost
from contracts.rpc.media_news import WorkerHere
from contracts.rpc.media_stats import RoomNames
from signaling_service.hall.workers import Workers
from tests.fixtures.clock import ManualClock

HERE = WorkerHere(
    worker="one",
    epoch=1,
    address="127.0.0.1:1",
    media_addresses=(),
    lease_s=5,
    is_draining=False,
    rooms=0,
    participants=0,
    packets_per_second=0,
    busy=0,
)


class Answers:
    """What comes of asking it."""

    def __init__(self, outcome: Any) -> None:
        self._outcome = outcome

    async def ask_at(self, *_: Any, **__: Any) -> RoomNames:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return RoomNames(worker="one", epoch=self._outcome, rooms={})


@pytest.mark.parametrize(
    ("outcome", "is_dead"),
    [(Away(), True), (Lost(), True), (Late(), False), (1, False), (2, True)],
)
async def test_a_worker_without_a_link_is_dead_when_nobody_answers_for_it(
    outcome: Any, is_dead: bool
) -> None:
    workers = Workers(cast("Any", Answers(outcome)), ManualClock())
    workers.hear(HERE)
    assert await workers.is_dead("one") is is_dead
    assert len(workers) == (not is_dead)
    assert not await workers.is_dead("another")
