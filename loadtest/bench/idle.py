"""Idle sessions: ten thousand of them on one gateway process, and what each of them holds there.

Everybody has identified, got READY and their community, and beats; nothing else happens. The
reference is the minimal broadcast server with as many open sockets.
"""

from __future__ import annotations

import argparse
import asyncio
import os

import uvloop

from loadtest.bench import listeners, measure
from loadtest.bench.clients import Client, all_in, leave
from loadtest.bench.report import bound, progress, result
from loadtest.bench.world import World, reference, world

SERVER_CORE, CLIENT_CORE = 0, 1
AT_ONCE = 500
REST_S = 3.0


async def fill(house: World, port: int, sessions: int) -> list[Client]:
    """Bring them in by waves, everybody's first device first."""
    people = len(house.tokens)
    clients = [Client(house.tokens[number % people]) for number in range(sessions)]
    for start in range(0, sessions, AT_ONCE):
        progress(f"{start} of {sessions} sessions")
        if await all_in(clients[start : start + AT_ONCE], port, within=120):
            raise SystemExit("bench: sessions were refused for two minutes")
        for client in clients[: start + AT_ONCE]:
            client.beat()
    return clients


async def run(arguments: argparse.Namespace) -> int:
    """The whole bench."""
    async with world(arguments.people, gateways=1) as house:
        pid = house.suite.process("gateway").pid
        measure.pin(pid, SERVER_CORE)
        port = int(house.suite.url.rpartition(":")[2])
        # The first of everybody brings the community, which is no session's own.
        first = await fill(house, port, arguments.people)
        await asyncio.sleep(REST_S)
        before = measure.pss_kib([pid])
        clients = await fill(house, port, arguments.sessions)
        await asyncio.sleep(REST_S)
        ours = (measure.pss_kib([pid]) - before) / arguments.sessions
        spent = measure.cpu_seconds([pid])
        await asyncio.sleep(REST_S)
        busy = (measure.cpu_seconds([pid]) - spent) / REST_S
        leave(first + clients)
    async with reference("loadtest.reference.minimal", str(port)) as pid:
        before = measure.pss_kib([pid])
        sockets: list[str | None] = [None] * arguments.sessions
        await listeners.gather(port, listeners.Room(), sockets)
        least = (measure.pss_kib([pid]) - before) / arguments.sessions
    goals = [bound("KiB (PSS) per idle session", ours, 12)]
    return result(
        "idle",
        goals,
        sessions=arguments.sessions,
        minimal_kib=round(least, 3),
        cpu_share_while_idle=round(busy, 4),
    )


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="./moim bench idle", description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=250)
    arguments = parser.parse_args()
    measure.pin(os.getpid(), CLIENT_CORE)
    return uvloop.run(run(arguments))


if __name__ == "__main__":
    raise SystemExit(main())
