"""Storms: two thousand sessions that come at once while people go on using REST, two hundred
readers that stop reading, and a killed gateway whose sessions go on elsewhere.

Sessions ready are counted for a second of the gateways' CPU, which is the goal's, and of everything
that runs: services, PostgreSQL and Valkey too. A session is ready when its GUILD_CREATE has come;
what counts is all CPU from the first connection to the last of them, with what others and the
devices of the same people are told meanwhile. The sessions are those of 100 people in one
community, twenty devices each; then, in a house of its own, those of 2,000 people with one device
each, all in one community. The first round of each finds everything cold.

Two gateways on one port share a core, everything else has the other one. The minimal broadcast
server opens as many sockets at once; what it can not do has no reference but the same house
before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import uvloop

from loadtest.bench import listeners, measure, senders
from loadtest.bench.clients import Client, all_in, leave
from loadtest.bench.report import bound, floor, goal, progress, result
from loadtest.bench.world import World, reference, world

SERVER_CORE, CLIENT_CORE = 0, 1
GATEWAYS = ("gateway", "gateway-2")
SERVICES = ("user", "community", "chat", "presence", "signaling", "media", "notification")
WITHIN_S = 60.0
ASKED_EVERY_S = 0.05
EVENTS_PER_S = 200
HEALTHY, STALLED = 100, 200


@dataclass
class Scene:
    """The house and its doors."""

    house: World
    port: int
    doors: list[senders.Sender]

    @property
    def pids(self) -> list[int]:
        """The gateways' processes, as they are now."""
        return [self.house.suite.process(name).pid for name in GATEWAYS]

    def spent(self) -> dict[str, float]:
        """What each process has used so far, in seconds of its CPU; and the servers below."""
        suite = self.house.suite
        pids = {name: suite.process(name).pid for name in (*GATEWAYS, *SERVICES)}
        used = {name: measure.cpu_seconds([pid]) for name, pid in pids.items()}
        below = measure.descendants(os.getpid()) - set(pids.values())
        return {**used, "servers": measure.cpu_seconds(below)}

    def clients(self, count: int, room: listeners.Room | None = None) -> list[Client]:
        """So many devices of the people there are."""
        tokens = self.house.tokens
        return [Client(tokens[number % len(tokens)], room) for number in range(count)]

    def message(self) -> bytes:
        """A request that sends a message with the time in it."""
        body = json.dumps({"content": (listeners.mark() + " Shall we meet at seven? " * 8)[:180]})
        return senders.post(self.house.path, body.encode(), self.house.tokens[0])


async def using_rest(scene: Scene, took: list[float]) -> None:
    """Somebody reads a channel now and then; how long each look took."""
    look = senders.get(scene.house.path, scene.house.tokens[0])
    while True:
        began = perf_counter()
        await scene.doors[0].send(look)
        took.append(perf_counter() - began)
        await asyncio.sleep(max(0.0, began + ASKED_EVERY_S - perf_counter()))


async def identify_storm(
    scene: Scene, sessions: int, *, is_crowd: bool = False
) -> dict[str, float]:
    """All identify at once, while somebody goes on reading. A crowd stays until everybody is shown
    as being here.
    """
    progress(f"{sessions} sessions identify at once")
    clients, took = scene.clients(sessions), list[float]()
    using = asyncio.ensure_future(using_rest(scene, took))
    before, began = scene.spent(), perf_counter()
    late = await all_in(clients, scene.port, WITHIN_S)
    seconds = perf_counter() - began
    spent = {name: cpu - before[name] for name, cpu in scene.spent().items()}
    shown = await settled(scene, clients, began) if is_crowd and not late else {}
    using.cancel()
    leave(clients)
    ready = sessions - len(late)
    return {
        "sessions": sessions,
        "not_ready": len(late),
        "seconds": seconds,
        "per_cpu_s": ready / sum(spent[name] for name in GATEWAYS),
        "per_cpu_s_of_everything": ready / sum(spent.values()),
        **{f"{name}_ms_each": cpu / ready * 1e3 for name, cpu in spent.items()},
        "turned_away": sum(client.turned_away for client in clients),
        "rest_p99_ms": measure.quantile(took, 0.99) * 1e3,
        **shown,
    }


async def settled(scene: Scene, clients: list[Client], began: float) -> dict[str, float]:
    """When everybody is shown as being here to one who asks, and what all were told of it."""
    asking = clients[0]
    until = perf_counter() + WITHIN_S
    while asking.here < len(clients) and perf_counter() < until:
        asking.ask_who_is_here(scene.house.guild_id)
        await asyncio.sleep(0.5)
    return {
        "shown": asking.here,
        "shown_after_s": perf_counter() - began,
        "presences_each": sum(client.presences for client in clients) / len(clients),
    }


async def opening(port: int, pid: int, sessions: int) -> float:
    """How many sockets the reference opens for a second of its CPU."""
    measure.pin(pid, SERVER_CORE)
    before = measure.cpu_seconds([pid])
    tokens: list[str | None] = [None] * sessions
    await listeners.gather(port, listeners.Room(), tokens, at_once=sessions)
    return sessions / (measure.cpu_seconds([pid]) - before)


async def talk(scene: Scene, room: listeners.Room, seconds: float) -> list[float]:
    """A channel with so many events a second; how late they were for whoever reads."""
    room.late, room.is_timing = [], True
    began, count = perf_counter(), int(EVENTS_PER_S * seconds)
    saying = []
    waiting = asyncio.ensure_future(room.expect(count * HEALTHY))
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / EVENTS_PER_S - perf_counter()))
        door = scene.doors[number % len(scene.doors)]
        saying.append(asyncio.ensure_future(door.send(scene.message())))
        if len(saying) >= len(scene.doors):
            await saying.pop(0)
    await asyncio.gather(*saying)
    async with asyncio.timeout(WITHIN_S):
        await waiting
    room.is_timing = False
    return room.late


async def stalled_readers(scene: Scene, seconds: float) -> dict[str, float]:
    """Some stop reading; what they cost in memory, and the others in time."""
    room = listeners.Room()
    healthy, others = scene.clients(HEALTHY, room), scene.clients(STALLED)
    if await all_in(healthy + others, scene.port, WITHIN_S):
        raise SystemExit("bench: not everybody came in")
    progress("everybody reads")
    before = await talk(scene, room, seconds)
    memory = measure.pss_kib(scene.pids)
    progress(f"{STALLED} stop reading")
    for client in others:
        client.stall()
    sizes = [memory]
    watching = asyncio.ensure_future(watch(scene, sizes))
    late = await talk(scene, room, seconds)
    watching.cancel()
    leave(healthy + others)
    return {
        "p99_ms": measure.quantile(late, 0.99) * 1e3,
        "p99_before_ms": measure.quantile(before, 0.99) * 1e3,
        "mib": (max(sizes) - memory) / 1024,
    }


async def watch(scene: Scene, sizes: list[float]) -> None:
    """Note the memory of the gateways now and then."""
    while True:
        sizes.append(measure.pss_kib(scene.pids))
        await asyncio.sleep(0.2)


async def going_on(scene: Scene, sessions: int) -> dict[str, float]:
    """One of two gateways is killed; its sessions go on with the other, or are told."""
    # The kernel deals them out, never quite evenly.
    clients = scene.clients(round(2.2 * sessions))
    if await all_in(clients, scene.port, WITHIN_S):
        raise SystemExit("bench: not everybody came in")
    progress("a gateway is killed")
    began = perf_counter()
    await scene.house.suite.kill(GATEWAYS[0], signal.SIGKILL)
    await asyncio.sleep(0.5)
    broken = [client for client in clients if client.broken.is_set()]
    late = await all_in(broken, scene.port, WITHIN_S)
    seconds = perf_counter() - began
    told = sum(bool(client.told_anew) for client in broken if client not in late)
    leave(clients)
    return {
        "broken": len(broken),
        "resumed": len(broken) - len(late) - told,
        "told": told,
        "neither": len(late),
        "seconds": seconds,
    }


@asynccontextmanager
async def scene_of(people: int, copied: int = 0) -> AsyncIterator[Scene]:
    """Two gateways on one core, everything else on the other."""
    async with world(people, copied=copied, gateways=2) as house:
        port = int(house.suite.url.rpartition(":")[2])
        scene = Scene(house, port, await senders.connect(port, 8))
        for name in SERVICES:
            measure.pin(house.suite.process(name).pid, CLIENT_CORE)
        for pid in scene.pids:
            measure.pin(pid, SERVER_CORE)
        yield scene


async def crowd_storms(arguments: argparse.Namespace) -> list[dict[str, float]]:
    """As many people as sessions."""
    crowd = arguments.crowd
    if not crowd:
        return []
    async with scene_of(1, crowd - 1) as scene:
        return [await identify_storm(scene, crowd, is_crowd=True) for _ in range(arguments.rounds)]


async def run(arguments: argparse.Namespace) -> int:
    """The whole bench."""
    crowds = await crowd_storms(arguments)
    async with scene_of(arguments.people) as scene:
        port = scene.port
        storms = [await identify_storm(scene, arguments.sessions) for _ in range(arguments.rounds)]
        async with reference("loadtest.reference.minimal", str(port + 61)) as pid:
            least = await opening(port + 61, pid, arguments.sessions)
        stalled = await stalled_readers(scene, arguments.seconds)
        after = await going_on(scene, arguments.resumed)
    return told(storms, crowds, least, stalled, after)


def told(
    storms: list[dict[str, float]],
    crowds: list[dict[str, float]],
    least: float,
    stalled: dict[str, float],
    after: dict[str, float],
) -> int:
    """Figures and goals."""
    ready = measure.median([each["per_cpu_s"] for each in storms])
    share = after["resumed"] / max(1.0, after["broken"])
    every = storms + crowds
    goals = [
        floor("sessions ready per CPU-second of the gateways", ready, 2_000),
        floor("the same, cold", storms[0]["per_cpu_s"], 2_000),
        bound("sessions not ready after a minute", max(each["not_ready"] for each in every), 0),
        bound("REST p99 ms meanwhile", max(each["rest_p99_ms"] for each in every), 1_000),
        bound("MiB for readers that stop reading", stalled["mib"], 64),
        goal("p99 of the others, ms", stalled["p99_ms"], stalled["p99_before_ms"], at_most=1.2),
        floor("share of sessions resumed elsewhere", share, 0.99),
        bound("sessions neither resumed nor told", after["neither"], 0),
    ]
    goals += crowd_goals(crowds)
    return result(
        "storm",
        goals,
        storms=_rounded(storms),
        crowds=_rounded(crowds),
        minimal_opened_per_cpu_s=round(least),
        elsewhere={name: round(value, 2) for name, value in after.items()},
    )


def crowd_goals(crowds: list[dict[str, float]]) -> list[dict[str, Any]]:
    """Of as many people as sessions."""
    if not crowds:
        return []
    ready = measure.median([each["per_cpu_s"] for each in crowds])
    unseen = max(each["sessions"] - each.get("shown", 0) for each in crowds)
    return [
        floor("of as many people: ready per CPU-second of the gateways", ready, 2_000),
        bound("of as many people: not shown as being here", unseen, 0),
        bound("times each is told who comes", max(each["presences_each"] for each in crowds), 3),
    ]


def _rounded(rounds: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{name: round(value, 2) for name, value in each.items()} for each in rounds]


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="./moim bench storm", description=__doc__)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--sessions", type=int, default=2_000)
    parser.add_argument("--crowd", type=int, default=2_000, help="people with one device; or 0")
    parser.add_argument("--resumed", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    measure.pin(os.getpid(), CLIENT_CORE)
    return uvloop.run(run(arguments))


if __name__ == "__main__":
    raise SystemExit(main())
