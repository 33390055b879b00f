"""What a forwarded packet costs a media worker, and how late it comes: beside Janus, where that is
installed, and beside the bare cost of encrypting and sending it.

One publisher for 16 listeners, one for 64, and ten who all hear each other, by turns with ours and
with Janus; then a room full of cameras. Callers run on another core than what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from loadtest.bench import cameras, presses
from loadtest.bench.loads import LOADS, VIDEO_BYTES, WARM, Load, measured
from loadtest.bench.measure import median, pin, prefer
from loadtest.bench.report import bound, goal, progress, result
from loadtest.bench.rooms import Forwarder, Worker, worker
from loadtest.reference.janus import absent, janus
from loadtest.reference.sealing import bare
from media_sfu.kernel import building
from media_sfu.settings import Kernel, outward

CIPHERS = {"gcm": b"SRTP_AEAD_AES_128_GCM", "cm": b"SRTP_AES128_CM_SHA1_80"}
VARIANTS: dict[str, dict[str, str]] = {
    Kernel.PURE: {"MEDIA_KERNEL": Kernel.PURE},
    Kernel.COMPILED: {"MEDIA_KERNEL": Kernel.COMPILED},
}
"""Ours, by what is in its environment; each is measured in the same rounds."""
JANUS = "janus"
BESIDE_JANUS = {
    Kernel.PURE: {"cm": 0.65, "gcm": 1.0},
    Kernel.COMPILED: {"cm": 0.45, "gcm": 0.65},
}
"""CPU of a packet, at most."""
BESIDE_BARE = 1.5
_PORTS_EACH = 3

Figures = dict[str, list[dict[str, float]]]


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Of each figure."""
    return {name: round(median([one[name] for one in rounds]), 4) for name in rounds[0]}


def verdict(cipher: str, found: dict[str, dict[str, dict[str, float]]], floor: float) -> list[Any]:
    """The goals: found is the medians by load, then by who forwards."""
    goals = []
    for load, sides in found.items():
        reference = sides.get(JANUS)
        for side in sides.keys() - {JANUS}:
            ours, what = sides[side], f"{load}, {cipher}, {side}"
            goals.append(bound(f"lost, {what}", 1 - ours["delivery"], 0.0))
            goals.append(bound(f"ms of CPU a join, {what}", ours["join_ms"], 8.0))
            if load == "1 to 64":
                name = f"us a packet beside the bare cost, {what}"
                goals.append(goal(name, ours["us"], floor, BESIDE_BARE))
            elif reference:
                name = f"us a packet beside janus, {what}"
                most = BESIDE_JANUS[Kernel(side)][cipher]
                goals.append(goal(name, ours["us"], reference["us"], most))
                name = f"p99 of added us beside janus, {what}"
                goals.append(goal(name, ours["p99_us"], reference["p99_us"], 1.0))
    return goals


def chosen(asked: str) -> list[str]:
    """Variants that can be had here."""
    names = asked.split(",")
    try:
        building.build()
    except building.NotBuilt as why:
        progress(f"without {Kernel.COMPILED}: {why}")
        return [name for name in names if name != Kernel.COMPILED]
    return names


@asynccontextmanager
async def workers(host: str, port: int, variants: list[str]) -> AsyncIterator[dict[str, Worker]]:
    """Ours, each on ports of its own."""
    async with AsyncExitStack() as stack:
        made = {}
        for at, name in enumerate(variants):
            first = port + at * _PORTS_EACH
            ports = range(first, first + _PORTS_EACH)
            made[name] = await stack.enter_async_context(worker(host, ports, VARIANTS[name]))
        yield made


@asynccontextmanager
async def reference(host: str, port: int) -> AsyncIterator[dict[str, Forwarder]]:
    """Janus, or nothing."""
    if reason := absent(host):
        progress(f"without a reference: {reason}")
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="janus-") as folder:
        async with janus(Path(folder), host, port) as started:
            yield {JANUS: started}


async def turns(
    sides: dict[str, Forwarder], cipher: str, rounds: int, seconds: float
) -> dict[str, Figures]:
    """Every load with everybody, by turns: a busy moment of the machine meets all alike."""
    found: dict[str, Figures] = {load.name: {side: [] for side in sides} for load in LOADS}
    for side in sides.values():
        await measured(side, WARM, CIPHERS[cipher], 0.5)
    for number in range(rounds):
        for load in LOADS:
            for name in sorted(sides, reverse=bool(number % 2)):
                figures = await measured(sides[name], load, CIPHERS[cipher], seconds)
                found[load.name][name].append(figures)
                progress(told(name, cipher, load, figures))
    return found


def told(side: str, cipher: str, load: Load, figures: dict[str, float]) -> str:
    """A line of progress."""
    return f"{side}, {cipher}, {load.name}: " + ", ".join(
        f"{name} {value:.4g}" for name, value in figures.items()
    )


async def run(arguments: argparse.Namespace) -> int:
    """Every load, the bare cost in the same minutes, the cameras, then the verdict."""
    host, port = outward(), arguments.port
    _place([os.getpid()], 1, arguments)
    goals: list[Any] = []
    figures: dict[str, Any] = {}
    async with (
        workers(host, port, chosen(arguments.variants)) as ours,
        reference(host, port + 100) as others,
    ):
        sides: dict[str, Forwarder] = {**ours, **others}
        _place([pid for side in sides.values() for pid in side.pids], 0, arguments)
        for cipher in arguments.ciphers.split(","):
            floors = [_bare(host, cipher)]
            rounds = await turns(sides, cipher, arguments.rounds, arguments.seconds)
            floors.append(_bare(host, cipher))
            found = {
                load: {side: medians(each) for side, each in by.items()}
                for load, by in rounds.items()
            }
            goals += verdict(cipher, found, median(floors))
            copies = _copies(host, cipher, list(ours))
            figures[cipher] = {"bare_us": median(floors), "copies": copies, **found}
        for name, one in ours.items() if arguments.cameras else ():
            seen = await cameras.measured(one, arguments.cameras, arguments.seconds)
            goals.append(bound(f"lost of {arguments.cameras} cameras, {name}", seen["lost"], 0))
            figures[f"cameras, {name}"] = seen
    return result("sfu", goals, loads=figures)


def _place(pids: list[int], core: int, arguments: argparse.Namespace) -> None:
    for pid in pids:
        pin(pid, core)
        if arguments.realtime:
            prefer(pid)


def _bare(host: str, cipher: str) -> float:
    pin(os.getpid(), 0)
    load = next(load for load in LOADS if load.name == "1 to 64")
    floor = bare(host, CIPHERS[cipher], load.sizes(), 40_000)
    pin(os.getpid(), 1)
    progress(f"bare, {cipher}: {floor:.2f} us")
    return floor


def _copies(host: str, cipher: str, variants: list[str]) -> dict[str, Any]:
    pin(os.getpid(), 0)
    found = presses.measured(host, CIPHERS[cipher], VIDEO_BYTES, variants)
    pin(os.getpid(), 1)
    for listeners, costs in found.items():
        progress(f"us a copy, {cipher}, of {listeners}: {costs}")
    return found


def main() -> int:
    """As a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ciphers", default="cm,gcm", help="of: cm, gcm")
    parser.add_argument("--variants", default=",".join(VARIANTS), help="of ours, in one run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load in each round")
    parser.add_argument("--cameras", type=int, default=25, help="in one room; 0: leave it out")
    parser.add_argument("--realtime", action="store_true", help="before all else that runs (root)")
    parser.add_argument("--port", type=int, default=19_600)
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
