"""Fan-out: a thousand sessions in one community on one gateway process, beside a minimal broadcast
server.

What is counted is the CPU of one process on each side, from a message's coming to its last
delivery: frames of one length to as many sockets, in the order of connecting. Both are pinned to
the same core, the listeners to the other one. With one message in flight they take turns after a
few messages, so that a neighbour's noise meets both; other phases alternate, too.

The reference only copies frames. Our gateway does all that it does for people, and that counts
against it: it takes the sender's POST in, passes it on, answers it, hears the event on the bus,
decides who may have it, remembers it. `undelivered` says what the POST's way costs it, by messages
to a community that nobody here listens to, and `deliveries_alone` the ratio without that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import httpx
import uvloop

from loadtest.bench import listeners, measure, senders
from loadtest.bench.report import bound, goal, progress, result
from loadtest.bench.world import World, asked, reference, register, world

PEOPLE = 40
SERVER_CORE, CLIENT_CORE = 0, 1
DOORS = 32
STEADY = 0
"""The window of phases that have none."""
TURNS = 10
"""Of each side in a round with one in flight."""
MESSAGES = 5
"""In a turn, at least."""
UNDELIVERED = 100
"""Messages to nobody in a round."""
PAUSE_S = 0.008
"""Between those: about as long as a message to everybody takes."""

Say = Callable[[int], Awaitable[None]]


@dataclass
class Side:
    """One of the two servers, with its audience."""

    name: str
    pid: int
    room: listeners.Room
    audience: list[listeners.Listener]
    say: Say
    cpu_per_million: dict[int, list[float]] = field(default_factory=dict)
    per_second: dict[int, list[float]] = field(default_factory=dict)
    late: list[float] = field(default_factory=list)


async def saturate(side: Side, window: int, seconds: float) -> None:
    """Keep `window` messages in flight; note deliveries per second and their cost in CPU."""
    size = len(side.audience)
    before, began = measure.cpu_seconds([side.pid]), perf_counter()
    heard = side.room.heard
    least = heard + MESSAGES * size
    while perf_counter() - began < seconds or side.room.heard < least:
        waiting = asyncio.ensure_future(side.room.expect(size * window))
        await asyncio.sleep(0)
        await side.say(window)
        await waiting
    count = side.room.heard - heard
    spent = measure.cpu_seconds([side.pid]) - before
    side.cpu_per_million.setdefault(window, []).append(spent / count * 1e6)
    side.per_second.setdefault(window, []).append(count / (perf_counter() - began))


async def steady(side: Side, per_second: float, seconds: float) -> None:
    """Messages at a fixed rate, however late they are delivered: the same work in the same time for
    both, so their caches are as cold.
    """
    side.room.is_timing = True
    before, began = measure.cpu_seconds([side.pid]), perf_counter()
    waiting = asyncio.ensure_future(
        side.room.expect(int(per_second * seconds) * len(side.audience))
    )
    saying = []
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, began + number / per_second - perf_counter()))
        saying.append(asyncio.ensure_future(side.say(1)))
    await asyncio.gather(*saying)
    await waiting
    spent = measure.cpu_seconds([side.pid]) - before
    count = int(per_second * seconds) * len(side.audience)
    side.cpu_per_million.setdefault(STEADY, []).append(spent / count * 1e6)
    side.room.is_timing = False
    side.late += side.room.late
    side.room.late = []


class Undelivered:
    """Messages of somebody to a community where nobody else is, nor they themselves."""

    def __init__(self, pid: int, path: str, token: str, door: senders.Sender) -> None:
        self.cpu: list[float] = []
        """Milliseconds a message."""
        self._pid, self._path, self._token, self._door = pid, path, token, door

    @classmethod
    async def of(cls, house: World) -> Undelivered:
        """Make the community."""
        async with httpx.AsyncClient(base_url=f"{house.suite.url}/api/v10", timeout=60) as http:
            token = await register(http, PEOPLE)
            owner = {"Authorization": token}
            guild = await asked(http.post("/guilds", json={"name": "Empty"}, headers=owner))
            channels = await asked(http.get(f"/guilds/{guild['id']}/channels", headers=owner))
        channel = next(channel["id"] for channel in channels if channel["type"] == 0)
        (door,) = await senders.connect(int(house.suite.url.rpartition(":")[2]), 1)
        pid = house.suite.process("gateway").pid
        return cls(pid, f"/api/v10/channels/{channel}/messages", token, door)

    async def measure(self) -> None:
        """One round."""
        before = measure.cpu_seconds([self._pid])
        for _ in range(UNDELIVERED):
            await self._door.send(_request(self._path, self._token))
            await asyncio.sleep(PAUSE_S)
        self.cpu.append((measure.cpu_seconds([self._pid]) - before) / UNDELIVERED * 1e3)


async def ours(house: World, sessions: int) -> tuple[Side, float]:
    """Our gateway with its audience; and KiB of memory for each idle session."""
    pid = house.suite.process("gateway").pid
    measure.pin(pid, SERVER_CORE)
    room = listeners.Room()
    before = measure.pss_kib([pid])
    port = int(house.suite.url.rpartition(":")[2])
    tokens: list[str | None] = [house.tokens[i % PEOPLE] for i in range(sessions)]
    audience = await listeners.gather(port, room, tokens)
    await asyncio.sleep(1)
    idle = (measure.pss_kib([pid]) - before) / sessions
    doors: asyncio.LifoQueue[senders.Sender] = asyncio.LifoQueue()
    for door in await senders.connect(port, DOORS):
        doors.put_nowait(door)

    async def one() -> None:
        # At a fixed rate a message may be due while the one before is not answered yet.
        door = await doors.get()
        await door.send(_request(house.path, house.tokens[0]))
        doors.put_nowait(door)

    async def say(count: int) -> None:
        await asyncio.gather(*(one() for _ in range(count)))

    return Side("ours", pid, room, audience, say), idle


def _request(path: str, token: str) -> bytes:
    content = (listeners.mark() + " Shall we meet at seven? " * 8)[:180]
    return senders.post(path, json.dumps({"content": content}).encode(), token)


async def minimal(port: int, pid: int, sessions: int, size: int) -> Side:
    """The reference with an audience of the same size, sending texts of the same length."""
    measure.pin(pid, SERVER_CORE)
    room = listeners.Room()
    audience = await listeners.gather(port, room, [None] * sessions)
    filler = "x" * (size - 40)

    async def say(count: int) -> None:
        for i in range(count):
            audience[i].say(f'{{"content":"{listeners.mark()}{filler}"}}'.encode())

    return Side("minimal", pid, room, audience, say)


async def frame_size(side: Side) -> int:
    """How long our frame for one message is, as the first listener gets it."""
    before = side.room.octets
    waiting = asyncio.ensure_future(side.room.expect(len(side.audience)))
    await asyncio.sleep(0)
    await side.say(1)
    await waiting
    return (side.room.octets - before) // len(side.audience)


async def beats(sides: list[Side]) -> None:
    """Heartbeats of everybody, for as long as the bench runs."""
    while True:
        await asyncio.sleep(20)
        for listener in sides[0].audience:
            listener.beat()


async def run(arguments: argparse.Namespace) -> int:
    """The whole bench."""
    async with world(PEOPLE, gateways=1) as house:
        for name in ("user", "community", "chat", "presence", "signaling", "media", "notification"):
            measure.pin(house.suite.process(name).pid, CLIENT_CORE)
        # Else they would run where the gateway is measured, and turn its caches over.
        for name in ("postgres", "valkey"):
            measure.pin_family(house.suite.process(name).pid, CLIENT_CORE)
        progress(f"connecting {arguments.sessions} sessions")
        mine, idle = await ours(house, arguments.sessions)
        beating = asyncio.ensure_future(beats([mine]))
        size = await frame_size(mine)
        nobody = await Undelivered.of(house)
        port = int(house.suite.url.rpartition(":")[2]) + 61
        async with reference("loadtest.reference.minimal", str(port)) as pid:
            other = await minimal(port, pid, arguments.sessions, size)
            await phases([mine, other], nobody, arguments)
        beating.cancel()
    return told(mine, other, nobody, idle=idle, frame_bytes=size)


async def phases(sides: list[Side], nobody: Undelivered, arguments: argparse.Namespace) -> None:
    """Alternate, so that a noisy minute of the machine meets both."""
    for number in range(arguments.rounds):
        progress(f"round {number + 1}: both in turns, 1 in flight")
        for _ in range(TURNS):
            for side in sides:
                await saturate(side, 1, arguments.seconds / TURNS)
        for side in sides:
            progress(f"round {number + 1}: {side.name}, 8 in flight")
            await saturate(side, 8, arguments.seconds)
        for side in sides:
            progress(f"round {number + 1}: {side.name}, 10 messages/s")
            await steady(side, 10, arguments.seconds)
        await nobody.measure()


def told(mine: Side, other: Side, nobody: Undelivered, *, idle: float, frame_bytes: int) -> int:
    """Figures and goals."""

    def figures(side: Side) -> dict[str, Any]:
        return {
            "deliveries_per_s_w1": round(measure.median(side.per_second[1])),
            "deliveries_per_s_w8": round(measure.median(side.per_second[8])),
            "cpu_s_per_million_w1": round(measure.median(side.cpu_per_million[1]), 3),
            "cpu_s_per_million_w8": round(measure.median(side.cpu_per_million[8]), 3),
            "cpu_s_per_million_steady": round(measure.median(side.cpu_per_million[STEADY]), 3),
            "p50_ms": round(measure.median(side.late) * 1e3, 2),
            "p99_ms": round(measure.quantile(side.late, 0.99) * 1e3, 2),
        }

    calm, least_calm = (measure.median(each.cpu_per_million[STEADY]) for each in (mine, other))
    one, two = measure.median(mine.cpu_per_million[1]), measure.median(other.cpu_per_million[1])
    late, least = measure.quantile(mine.late, 0.99), measure.quantile(other.late, 0.99)
    goals = [
        goal("CPU per delivery, 1 in flight", one, two, at_most=1.15),
        goal("CPU per delivery, 10k deliveries/s", calm, least_calm, at_most=1.15),
        goal("p99 at 10k deliveries/s, ms", late * 1e3, least * 1e3, at_most=1.5),
        bound("KiB (PSS) per idle session", idle, 16),
    ]
    post = measure.median(nobody.cpu)
    alone = one - post * 1e3 / len(mine.audience)
    return result(
        "fanout",
        goals,
        frame_bytes=frame_bytes,
        ratios_of_turns_w1=spread(mine.cpu_per_million[1], other.cpu_per_million[1]),
        undelivered_cpu_ms_per_message=round(post, 3),
        deliveries_alone_w1=round(alone / two, 3),
        ours=figures(mine),
        minimal=figures(other),
    )


def spread(mine: list[float], others: list[float]) -> dict[str, float]:
    """How the ratios of turns next to each other lie."""
    ratios = [one / two for one, two in zip(mine, others, strict=True)]
    shares = {"p10": 0.1, "p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9}
    return {name: round(measure.quantile(ratios, share), 3) for name, share in shares.items()}


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="./moim bench fanout", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    measure.pin(os.getpid(), CLIENT_CORE)
    return uvloop.run(run(arguments))


if __name__ == "__main__":
    raise SystemExit(main())
