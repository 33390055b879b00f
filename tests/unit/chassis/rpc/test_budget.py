"""The deadline handed on."""

from __future__ import annotations

import asyncio

from chassis.rpc import budget


def test_without_anybody_waiting_the_full_time_is_there() -> None:
    assert budget.due_within(10.0, 2.0) == 12.0


async def test_what_a_handler_asks_ends_with_what_was_asked_of_it() -> None:
    budget.begin(11.0)
    assert budget.due_within(10.0, 2.0) == 11.0
    assert budget.due_within(10.0, 0.5) == 10.5


async def test_background_work_started_by_a_handler_is_in_no_hurry() -> None:
    budget.begin(11.0)

    async def background() -> float:
        return budget.due_within(10.0, 2.0)

    assert await asyncio.ensure_future(background()) == 12.0
