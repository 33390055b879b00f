"""What READY and an acknowledgement cost somebody with many unread messages, beside somebody with
few. Questions are the service's own.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable

import uvloop

from chat_service.store import reading
from contracts import limits
from loadtest.bench import measure
from loadtest.bench.archive import Archive, archive, timed
from loadtest.bench.report import goal, progress, result

FEW, MANY = 100, 101
"""Two people: each is mentioned in as many channels, and talks with somebody."""
_ROOMS = 50
_UNREAD = 100
"""Messages that the first has not read in each channel; as many as are ever counted."""

_MENTIONS = """
INSERT INTO mentions SELECT $1, $2::bigint + room, n, 7
FROM generate_series(1, $3::int) AS room, generate_series(1, $4::bigint) AS n
"""
_NEWEST = "INSERT INTO mentioned SELECT $1, $2::bigint + n, $4 FROM generate_series(1, $3::int) n"
_TALK = """
INSERT INTO messages (channel_id, id, author_id, content, type, flags, mention_everyone, created,
  has_reactions)
SELECT $1, n, 7, 'hello', 0, 0, false, now(), false FROM generate_series(1, $2::bigint) AS n
"""
_SEAT = (
    "INSERT INTO recipients (channel_id, user_id, is_open, is_request) VALUES ($1, $2, true, false)"
)


async def run(arguments: argparse.Namespace) -> int:
    """The whole bench."""
    unread = {FEW: _UNREAD, MANY: arguments.unread}
    async with archive() as past:
        for who, count in unread.items():
            progress(f"writing {count} mentions in each of {_ROOMS} channels, and {count} messages")
            await _written(past, who, count)
        await past.settle("mentions", "mentioned", "messages", "heads", "recipients")
        took = {name: await _compared(past, ask, arguments) for name, ask in WAYS.items()}
    goals, figures = [], {}
    for name, times in took.items():
        p50 = {who: measure.median(each) * 1e3 for who, each in times.items()}
        p99 = {who: measure.quantile(each, 0.99) * 1e3 for who, each in times.items()}
        goals.append(goal(f"{name}, p50 ms, many to few", p50[MANY], p50[FEW], at_most=2))
        figures[name] = {
            "p50_ms": [round(p50[who], 3) for who in unread],
            "p99_ms": [round(p99[who], 3) for who in unread],
        }
    return result("unread", goals, channels=_ROOMS, unread=[*unread.values()], **figures)


async def _written(past: Archive, who: int, count: int) -> None:
    pool, base, talk = past.pool, who * 1_000, who * 1_000
    await pool.execute(_MENTIONS, who, base, _ROOMS, count, timeout=600)
    await pool.execute(_NEWEST, who, base, _ROOMS, count)
    await pool.execute(_TALK, talk, count, timeout=600)
    await pool.execute("INSERT INTO heads VALUES ($1, $2)", talk, count)
    await pool.execute(_SEAT, talk, who)


async def _ready(past: Archive, who: int) -> object:
    aliases = {who: [(who, 0)]}
    most = limits.MENTIONS_COUNTED
    limit = limits.READ_STATES_LISTED
    return await reading.states(past.pool, aliases, counted=most, limit=limit)


async def _badge(past: Archive, who: int) -> object:
    read_to, most = {who * 1_000 + 1: 0}, limits.MENTIONS_COUNTED
    return await reading.unread_mentions(past.pool, who, [(who, 0)], read_to, most)


async def _talk(past: Archive, who: int) -> object:
    read_to, most = {who * 1_000: 0}, limits.MENTIONS_COUNTED
    return await reading.unread_messages(past.pool, who, read_to, most)


WAYS: dict[str, Callable[[Archive, int], Awaitable[object]]] = {
    "READY's markers": _ready,
    "a channel's badge": _badge,
    "a conversation's badge": _talk,
}


async def _compared(
    past: Archive,
    ask: Callable[[Archive, int], Awaitable[object]],
    arguments: argparse.Namespace,
) -> dict[int, list[float]]:
    took: dict[int, list[float]] = {FEW: [], MANY: []}
    for _ in range(arguments.rounds):
        for who in took:

            async def look(number: int, who: int = who) -> None:
                del number
                await ask(past, who)

            took[who] += await timed(arguments.asks, look)
    return took


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="./moim bench unread", description=__doc__)
    parser.add_argument("--unread", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--asks", type=int, default=30)
    return uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
