"""Durable sends through the whole house, beside a bare stack and beside one commit per row, on one
database.

Ours passes the edge (token, limits, identity, routing) and is checked, stored, committed and told;
the bare stack stores and answers.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from loadtest.bench import measure, senders
from loadtest.bench.report import bound, goal, progress, result
from loadtest.bench.world import World, reference, world
from loadtest.reference import bare
from loadtest.reference.nginx import nginx
from loadtest.reference.rowwise import rows_per_second

COUNTS = (1, 16, 64)
_BEHIND = """
SELECT count(*) FROM chat.heads h LEFT JOIN chat.indexed i USING (channel_id)
WHERE h.last_message_id > coalesce(i.up_to, 0)
"""


@dataclass
class Figures:
    """What one side achieved with so many senders."""

    per_second: list[float]
    took: list[float]
    proxy_us: list[float]

    def told(self) -> dict[str, float]:
        """Rounded."""
        return {
            "per_s": round(measure.median(self.per_second)),
            "p50_ms": round(measure.median(self.took) * 1e3, 3),
            "p99_ms": round(measure.quantile(self.took, 0.99) * 1e3, 3),
        }


Table = dict[tuple[str, int], Figures]


async def measured(
    table: Table, name: str, count: int, *, door: tuple[int, bytes], pid: int, seconds: float
) -> None:
    """One phase: `count` senders on one port; the CPU of `pid` counts as the hop."""
    port, request = door
    connections = await senders.connect(port, count)
    await senders.repeat(connections, lambda: request, 0.3)
    before = measure.cpu_seconds([pid])
    run = await senders.repeat(connections, lambda: request, seconds)
    spent = measure.cpu_seconds([pid]) - before
    for connection in connections:
        connection.transport.close()
    if run.refused:
        raise SystemExit(f"bench: {name} refused sends: {run.refused}")
    figures = table.setdefault((name, count), Figures([], [], []))
    figures.per_second.append(run.per_second)
    figures.took += run.took
    figures.proxy_us.append(spent / len(run.took) * 1e6)


async def run(arguments: argparse.Namespace) -> int:
    """The whole bench."""
    async with world(2, gateways=1) as house:
        dsn = house.suite.backing.admin_url
        connection = await asyncpg.connect(dsn)
        await connection.execute(bare.TABLE)
        await connection.close()
        body = json.dumps({"content": "Shall we meet at seven, as always?"}).encode()
        public = int(house.suite.url.rpartition(":")[2])
        request = senders.post(house.path, body, house.tokens[0])
        table: Table = {}
        rowwise: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            async with (
                reference("loadtest.reference.bare", str(public + 61), dsn) as pid,
                nginx(Path(folder), public + 62, public + 61) as proxy,
            ):
                for number in range(arguments.rounds):
                    progress(f"round {number + 1}")
                    await one_round(table, house, arguments, (public, request, pid, proxy))
                    # In each round, so that a noisy minute of the machine meets it as well.
                    rowwise.append(await rows_per_second(dsn, 64, arguments.seconds))
    return told(table, measure.median(rowwise))


async def one_round(
    table: Table,
    house: World,
    arguments: argparse.Namespace,
    doors: tuple[int, bytes, int, int | None],
) -> None:
    """Every number of senders, ours and the references in turn."""
    public, request, pid, proxy = doors
    seconds = arguments.seconds
    edge = house.suite.process("gateway").pid
    for count in COUNTS:
        await measured(table, "ours", count, door=(public, request), pid=edge, seconds=seconds)
        # What is done behind the sends is no burden for the references.
        await quiet(house.suite.backing.admin_url)
        await measured(table, "bare", count, door=(public + 61, request), pid=pid, seconds=seconds)
    if proxy is not None:
        door = (public + 62, request)
        await measured(table, "nginx", 64, door=door, pid=proxy, seconds=seconds)


async def quiet(dsn: str) -> None:
    """Wait until all that was sent can be searched."""
    connection = await asyncpg.connect(dsn)
    try:
        while await connection.fetchval(_BEHIND):
            await connection.execute("SELECT pg_sleep(0.1)")
    finally:
        await connection.close()


def told(table: Table, rowwise: float) -> int:
    """Figures and goals."""
    per_second = {key: measure.median(figures.per_second) for key, figures in table.items()}
    ack = {name: measure.median(table[name, 1].took) * 1e3 for name in ("ours", "bare")}
    hop = measure.median(table["ours", 64].proxy_us)
    goals = [
        goal(
            "sends/s, 64 senders, to the bare stack",
            per_second["ours", 64],
            per_second["bare", 64],
            at_least=0.2,
        ),
        goal(
            "sends/s, 64 senders, to one commit per row",
            per_second["ours", 64],
            rowwise,
            at_least=6,
        ),
        goal("acknowledgement p50 ms, 1 sender", ack["ours"], ack["bare"], at_most=3),
    ]
    if ("nginx", 64) in table:
        least = measure.median(table["nginx", 64].proxy_us)
        goals.append(goal("CPU us per request of the hop, to nginx", hop, least, at_most=1.5))
    else:
        goals.append(bound("CPU us per request of the hop (no nginx here)", hop, 40))
    figures: dict[str, Any] = {
        f"{name}_{count}": told.told() for (name, count), told in table.items()
    }
    return result("rest", goals, rowwise_per_s=round(rowwise), **figures)


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="./moim bench rest", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    return uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
