"""`./moim load`: a house (or a given one), a town in it, and locust."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from loadtest.bench.report import bound, progress, result
from loadtest.bench.world import UNLIMITED
from loadtest.crowd import town
from loadtest.crowd.pace import MEAN_MS, MOST_ERRORS, P99_MS, SHAPES, Look
from stack.suite import Suite

LOCUSTFILE = Path(__file__).resolve().parent.parent / "locustfile.py"


@contextlib.asynccontextmanager
async def house(arguments: argparse.Namespace, folder: Path) -> AsyncIterator[str]:
    """The address of the house that is meant, or of one of our own, gone afterwards."""
    if arguments.host:
        yield arguments.host.rstrip("/")
        return
    own = Suite(folder / "house", durable=True, extra_env=UNLIMITED, gateways=arguments.gateways)
    try:
        progress("starting the house")
        await own.start()
        yield own.url
    finally:
        await own.stop()


async def run(arguments: argparse.Namespace) -> int:
    """Settle the town, let locust play it, and say how it went."""
    folder = Path(tempfile.mkdtemp(prefix="moim-load-"))
    try:
        async with house(arguments, folder) as url:
            residents = await town.settle(url, arguments.users, progress)
            town.keep(residents, folder / "people.json")
            code = await _locust(arguments, url, folder)
        return code or _told(arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _locust(arguments: argparse.Namespace, url: str, folder: Path) -> int:
    words = ["-f", str(LOCUSTFILE), "--host", url, "--csv", str(folder / "load")]
    words += ["--loglevel", "WARNING"]
    if not arguments.web:
        words += ["--headless", "--only-summary", "--html", arguments.report]
    environment = {
        **os.environ,
        "MOIM_CROWD": str(folder / "people.json"),
        "MOIM_FOUND": str(folder / "found"),
        "MOIM_USERS": str(arguments.users),
        "MOIM_SECONDS": str(arguments.minutes * 60),
        "MOIM_SHAPE": arguments.shape,
    }
    progress(f"locust: {arguments.shape} of {arguments.users} members at {url}")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "locust", *words, env=environment
    )
    watching = asyncio.ensure_future(_watch(folder / "load_stats_history.csv"))
    code = await process.wait()
    watching.cancel()
    # Locust ends with 1 when any request failed; whether that is too many, we say.
    return 0 if code == 1 else code


async def _watch(history: Path) -> None:
    """A line every few seconds, from what locust writes down."""
    while True:
        await asyncio.sleep(5)
        if last := await asyncio.to_thread(_last, history):
            progress(
                f"{last['User Count']} members, {float(last['Requests/s']):.0f} requests/s, "
                f"{float(last['Failures/s']):.2f} failures/s, p99 {last['99%']} ms"
            )


def _last(history: Path) -> dict[str, str] | None:
    rows = list(csv.DictReader(history.open())) if history.exists() else []
    return rows[-1] if rows else None


def _told(arguments: argparse.Namespace, folder: Path) -> int:
    rows = csv.DictReader((folder / "load_stats.csv").open())
    total: dict[str, Any] = next(row for row in rows if row["Name"] == "Aggregated")
    look = Look(
        int(total["Request Count"]),
        int(total["Failure Count"]),
        float(total["Average Response Time"]),
        float(total["99%"]),
    )
    goals = [
        bound("errors of all requests", look.errors / max(1, look.requests), MOST_ERRORS),
        bound("mean ms", look.mean_ms, MEAN_MS),
        bound("p99 ms", look.p99_ms, P99_MS),
    ]
    if arguments.shape == "find":
        found = folder / "found"
        return result("load", [], largest_crowd=int(found.read_text()) if found.exists() else 0)
    return result(
        "load", goals, shape=arguments.shape, users=arguments.users, requests=look.requests
    )


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="./moim load", description=__doc__)
    parser.add_argument("--users", type=int, default=100, help="how many members, at most")
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument(
        "--shape",
        choices=(*SHAPES, "find"),
        default="ramp",
        help="find looks for the largest crowd that is served well",
    )
    parser.add_argument("--gateways", type=int, default=1)
    parser.add_argument("--host", default="", help="a house that runs already, limits off")
    parser.add_argument("--report", default="load.html", help="locust's page with plots")
    parser.add_argument("--web", action="store_true", help="locust's own web page instead")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
