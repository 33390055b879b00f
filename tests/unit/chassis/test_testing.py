"""Time that passes when a test says so."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from chassis.clock import Clock
from chassis.testing import START, ManualClock


def test_it_is_a_clock_that_stands_still() -> None:
    clock: Clock = ManualClock()
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    assert clock.now_ms() == int(START.timestamp() * 1000)


def test_it_moves_by_what_is_advanced() -> None:
    clock = ManualClock()
    clock.advance(1.5)
    assert clock.now() == START + timedelta(seconds=1.5)
    assert clock.monotonic() == 1.5


async def test_sleepers_wake_when_their_time_has_come_the_earliest_first() -> None:
    clock, woken = ManualClock(), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    sleepers = [asyncio.ensure_future(sleeper(seconds)) for seconds in (3.0, 1.0, 2.0)]
    await clock.until_asleep(3)
    clock.advance(2.0)
    await asyncio.gather(*sleepers[1:])
    assert woken == [1.0, 2.0]
    clock.advance(1.0)
    await sleepers[0]
    assert woken == [1.0, 2.0, 3.0]


async def test_small_steps_add_up() -> None:
    clock = ManualClock()
    sleeper = asyncio.ensure_future(clock.sleep(1.0))
    await clock.until_asleep()
    for _ in range(10):
        clock.advance(0.1)
    await sleeper


async def test_no_time_at_all_is_one_turn_of_the_loop() -> None:
    await ManualClock().sleep(0)


async def test_a_sleeper_that_is_cancelled_is_forgotten() -> None:
    clock = ManualClock()
    sleeper = asyncio.ensure_future(clock.sleep(1.0))
    await clock.until_asleep()
    sleeper.cancel()
    await asyncio.gather(sleeper, return_exceptions=True)
    other = asyncio.ensure_future(clock.sleep(1.0))
    await clock.until_asleep()
    clock.advance(1.0)
    await other
