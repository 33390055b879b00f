"""Pages of history in a channel with millions of messages, beside the same in a small one.

Questions are the service's own, asked at random places in turn with those of the small channel, so
that both meet the same noise; of the p99 of all rounds the middle one counts.
`--messages 10000000` takes some minutes and 2 GB of disk.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from chat_service.store import messages as store
from loadtest.bench import measure
from loadtest.bench.archive import ID_STEP, Archive, archive, timed
from loadtest.bench.report import goal, progress, result

SMALL, LARGE = 2, 3
_PAGE = 50
_FEW = 10_000
"""So many messages has the small channel."""

Took = dict[int, list[list[float]]]
"""Seconds by channel and round."""
Ask = Callable[[Archive, int, int], Awaitable[object]]


async def _before(past: Archive, channel: int, at: int) -> object:
    return await store.older(past.pool, channel, at, _PAGE)


async def _after(past: Archive, channel: int, at: int) -> object:
    return await store.newer(past.pool, channel, at, _PAGE)


async def _around(past: Archive, channel: int, at: int) -> object:
    half = _PAGE // 2
    newer = await store.newer(past.pool, channel, at, half)
    return newer, await store.older(past.pool, channel, at, half)


async def _newest(past: Archive, channel: int, at: int) -> object:
    del at
    return await store.older(past.pool, channel, (1 << 63) - 1, _PAGE)


WAYS: dict[str, Ask] = {
    "newest": _newest,
    "before": _before,
    "after": _after,
    "around": _around,
}


async def run(arguments: argparse.Namespace) -> int:
    """The whole bench."""
    async with archive() as past:
        counts = {SMALL: _FEW, LARGE: arguments.messages}
        for channel, count in counts.items():
            progress(f"writing {count} messages")
            await past.fill(1, count, channel)
        await past.settle("messages")
        took = {way: await _compared(past, ask, counts, arguments) for way, ask in WAYS.items()}
        plans = {
            way: await past.steps(statement, LARGE, counts[LARGE] // 2 * ID_STEP, _PAGE)
            for way, statement in (("before", store._OLDER), ("after", store._NEWER))
        }
    return _told(arguments.messages, took, plans)


async def _compared(
    past: Archive, ask: Ask, counts: dict[int, int], arguments: argparse.Namespace
) -> Took:
    dice = random.Random(7)
    took: Took = {channel: [] for channel in counts}
    for _ in range(arguments.rounds):
        for channel, count in counts.items():

            async def look(number: int, channel: int = channel, count: int = count) -> None:
                del number
                await ask(past, channel, dice.randrange(count) * ID_STEP)

            took[channel].append(await timed(arguments.asks, look))
    return took


def _middle(rounds: list[list[float]], share: float) -> float:
    """Milliseconds below which this share of a round lies, in the middle one of all rounds: a
    stall of the machine is of one round.
    """
    return measure.median([measure.quantile(each, share) for each in rounds]) * 1e3


def _told(messages: int, took: dict[str, Took], plans: dict[str, Any]) -> int:
    goals, figures = [], {}
    for way, times in took.items():
        p50, p99 = (
            {channel: _middle(rounds, share) for channel, rounds in times.items()}
            for share in (0.5, 0.99)
        )
        name = f"{way}, ms, large to small"
        goals += [
            goal(f"p50 of {name}", p50[LARGE], p50[SMALL], at_most=2),
            goal(f"p99 of {name}", p99[LARGE], p99[SMALL], at_most=3),
        ]
        figures[way] = {
            "p50_ms": [round(p50[one], 3) for one in (SMALL, LARGE)],
            "p99_ms": [round(p99[one], 3) for one in (SMALL, LARGE)],
        }
    flat = all(
        "Seq Scan" not in step and "Sort" not in step for one in plans.values() for step in one
    )
    planned = {"name": "plans without scans and sorts", "holds": flat}
    return result("history", [*goals, planned], messages=[_FEW, messages], plans=plans, **figures)


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="./moim bench history", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--asks", type=int, default=100)
    return uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
