"""Searches in a guild with a million messages, beside reading them all and beside one look by id.

The index is filled by the service's own statement, and questions are asked by its own store, each
in turn with a look by id, so that both meet the same noise.
"""

from __future__ import annotations

import argparse
from time import perf_counter
from typing import Any

import sqlalchemy as sa
import uvloop

from chat_service.domain.finding import Question
from chat_service.store import finding, indexing
from loadtest.bench import measure
from loadtest.bench.archive import CHANNEL, GUILD, ID_STEP, Archive, archive, timed
from loadtest.bench.report import bound, goal, progress, result

QUESTIONS = {
    "rare word": Question(texts=("needle",)),
    "rare Korean piece": Question(texts=("귀한",)),
    "two syllables, common": Question(texts=("모임",)),
    "two common words": Question(texts=("모임", "garden")),
    "piece of a number": Question(texts=("a7f3",)),
    "absent": Question(texts=("zzyzx",)),
    "common by rank": Question(texts=("river", "garden"), by_rank=True),
    "one author": Question(marks=(("author:500",),)),
    "one author, common word": Question(texts=("coffee",), marks=(("author:500",),)),
    "everything, page 400": Question(offset=9_975),
    "common, oldest first": Question(texts=("river",), is_rising=True),
}
_ILIKE = """
SELECT id FROM messages WHERE channel_id = $1 AND content ILIKE $2 ORDER BY id DESC LIMIT 25
"""
_BY_ID = "SELECT content FROM messages WHERE channel_id = $1 AND id = $2"
_SLICE = 10_000


async def run(arguments: argparse.Namespace) -> int:
    """The whole bench."""
    async with archive() as past:
        progress(f"writing {arguments.messages} messages")
        await past.fill(1, arguments.messages)
        rate = await _index(past, arguments.messages)
        await past.settle("messages", "findable")
        return await _measured(past, arguments, rate)


async def _index(past: Archive, messages: int) -> float:
    """Messages a second that become findable in a full index, by the service's own statement. The
    rest is put there before the index is made, which is quicker.
    """
    progress("indexing them")
    made = await past.pool.fetchval("SELECT pg_get_indexdef('findable_by'::regclass)")
    await past.pool.execute("DROP INDEX findable_by")
    for start in range(_SLICE, messages, _SLICE):
        await _add(past, start)
    await past.pool.execute(made, timeout=600)
    began = perf_counter()
    await _add(past, 0)
    return _SLICE / (perf_counter() - began)


async def _add(past: Archive, start: int) -> None:
    add = sa.text(indexing._ADD).bindparams(channel=CHANNEL, scope=GUILD, place=CHANNEL, bots=[])
    span = {"above": start * ID_STEP, "up_to": (start + _SLICE) * ID_STEP}
    async with past.engine.begin() as connection:
        await connection.execute(add.bindparams(**span))


async def _asked(
    past: Archive, question: Question, rounds: int
) -> tuple[list[float], list[float], int]:
    """Seconds of a question and of looks by id, and how much was found."""
    took, looks, total = [], [], 0
    for number in range(rounds):
        began = perf_counter()
        total = (await finding.find(past.pool, GUILD, [CHANNEL], question)).total
        between = perf_counter()
        await past.pool.fetch(_BY_ID, CHANNEL, (number + 1) * 97 * ID_STEP)
        took.append(between - began)
        looks.append(perf_counter() - between)
    return took, looks, total


async def _measured(past: Archive, arguments: argparse.Namespace, rate: float) -> int:
    took: dict[str, list[float]] = {}
    looks: dict[str, list[float]] = {}
    totals: dict[str, int] = {}
    for name, question in QUESTIONS.items():
        progress(name)
        took[name], looks[name], totals[name] = await _asked(past, question, arguments.rounds)
    progress("reading them all")
    scans = await timed(3, lambda _: past.pool.fetch(_ILIKE, CHANNEL, "%zzyzx%", timeout=600))
    scan = measure.median(scans) * 1e3
    p50 = {name: measure.median(times) * 1e3 for name, times in took.items()}
    look = {name: measure.median(times) * 1e3 for name, times in looks.items()}
    rare = ("rare word", "rare Korean piece", "piece of a number", "absent")
    goals = [
        goal("rare, worst p50 ms, to reading all", max(p50[n] for n in rare), scan, at_most=0.05),
        goal("anything, worst p50 ms, to reading all", max(p50.values()), scan, at_most=0.5),
        bound("rare, worst p50, in looks by id", max(p50[n] / look[n] for n in rare), 30),
    ]
    size = "SELECT pg_total_relation_size($1) >> 20"
    sizes = [await past.pool.fetchval(size, table) for table in ("messages", "findable")]
    figures: dict[str, Any] = {
        name: {
            "p50_ms": round(p50[name], 2),
            "p99_ms": round(measure.quantile(times, 0.99) * 1e3, 2),
            "by_id_ms": round(look[name], 3),
            "total": totals[name],
        }
        for name, times in took.items()
    }
    return result(
        "search",
        goals,
        messages=arguments.messages,
        indexed_per_s=round(rate),
        messages_mib=sizes[0],
        findable_mib=sizes[1],
        reading_all_ms=round(scan, 1),
        questions=figures,
    )


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="./moim bench search", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    return uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
