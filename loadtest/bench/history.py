"""Pages of history in a channel with millions of messages, beside the same in a small one.

Questions are the service's own, asked at random places, one in the large channel and one in the
small one in turn, so that both meet the same noise. A large channel does not fit into memory, and a
busy machine stalls: what a question costs in any case is how many pages of the database it reads,
which is counted as well. `--messages 10000000` takes some minutes and 2 GB of disk.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import uvloop

from chat_service.store import messages as store
from loadtest.bench import measure
from loadtest.bench.archive import ID_STEP, Archive, archive
from loadtest.bench.report import goal, progress, result

SMALL, LARGE = 2, 3
_PAGE = 50
_FEW = 10_000
"""So many messages has the small channel."""

Took = dict[int, list[float]]
"""Seconds of every question, by channel."""
STATEMENTS = {"before": store._OLDER, "after": store._NEWER}
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
            for way, statement in STATEMENTS.items()
        }
        pages = {
            way: {channel: await _looked_at(past, way, channel, counts) for channel in counts}
            for way in STATEMENTS
        }
    return _told(arguments.messages, took, plans, pages)


async def _compared(
    past: Archive, ask: Ask, counts: dict[int, int], arguments: argparse.Namespace
) -> Took:
    dice = random.Random(7)
    took: Took = {channel: [] for channel in counts}
    for _ in range(arguments.asks):
        for channel, count in counts.items():
            at = dice.randrange(count) * ID_STEP
            began = perf_counter()
            await ask(past, channel, at)
            took[channel].append(perf_counter() - began)
    return took


async def _looked_at(past: Archive, way: str, channel: int, counts: dict[int, int]) -> int:
    """The most pages that a question looks at, of a hundred all over the channel."""
    places = (counts[channel] * part // 100 * ID_STEP for part in range(1, 100))
    asked = [await past.pages(STATEMENTS[way], channel, at, _PAGE) for at in places]
    return max(asked)


def _told(
    messages: int,
    took: dict[str, Took],
    plans: dict[str, Any],
    pages: dict[str, dict[int, int]],
) -> int:
    goals: list[dict[str, Any]] = [
        goal(f"pages looked at, {way}, large to small", most[LARGE], most[SMALL], at_most=2)
        for way, most in pages.items()
    ]
    figures: dict[str, Any] = {}
    for way, times in took.items():
        p50, p99 = (
            {channel: measure.quantile(each, share) * 1e3 for channel, each in times.items()}
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
    parser.add_argument("--asks", type=int, default=1_000)
    return uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
