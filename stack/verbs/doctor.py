"""Looks for what would keep the house from standing, and says the mend of each."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import resource
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import partial

from stack import bootstrap, leftovers, say, valkey
from stack.backing import require_redis
from stack.environ import ROOT, given, home
from stack.home import FRESH_MEND, Home
from stack.ports import Ports, require_free
from stack.postgres import binaries
from stack.services import HOUSE, MEDIA
from stack.trouble import DISK_MEND, Trouble
from stack.wiring import processes

HELP = "what is missing or wrong, and the mend"
_LEAST_FREE = 512 << 20
_LEAST_FILES = 4096
_LEAST_MEMORY = 1 << 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which port shall be free."""
    parser.add_argument(
        "what", nargs="?", choices=["house", "voice"], default="house", help="voice: prove a call"
    )
    parser.add_argument("--port", type=int, default=8080, help="public port (8080)")


def run(options: argparse.Namespace) -> int:
    """0 when nothing is wrong."""
    place = Home(home())
    if options.what == "voice":
        return _judge(_workers(place))
    checks: dict[str, Callable[[], str]] = {
        "python": lambda: f"{platform.python_version()} in {ROOT / '.venv'}",
        "postgresql": _postgres,
        "redis": _redis,
        "data folder": lambda: _folder(place),
        "secret": lambda: _secret(place),
        "suite": lambda: _suite(place, options.port),
        "open files": _files,
        "memory": _memory,
    }
    return _judge(checks)


def _judge(checks: Mapping[str, Callable[[], str]]) -> int:
    wrong = 0
    for name, check in checks.items():
        try:
            said, mark = check(), say.paint("ok   ", "green")
        except Trouble as trouble:
            said, mark, wrong = str(trouble), say.paint("WRONG", "red"), wrong + 1
        say.line(f"{mark} {name:<12} {said}")
    return 1 if wrong else 0


def _workers(place: Home) -> dict[str, Callable[[], str]]:
    from stack.voice import prove

    state = place.state()
    if not leftovers.is_alive(state.get("suite")):
        raise Trouble("No house runs, so there is no call to prove.", "Start it: ./moim up")
    ports, master = Ports(state["port"]), place.master()

    def call(copy: int) -> str:
        return asyncio.run(prove(ports, master, copy))

    return {
        process.name: partial(call, process.copy)
        for process in processes(HOUSE[MEDIA], 1, state["sfus"])
    }


def _postgres() -> str:
    if url := given("MOIM_DATABASE_URL"):
        return asyncio.run(_server(url))
    folder = binaries()
    try:
        done = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise Trouble(
            f"{folder / 'postgres'} does not run here: {error}.",
            "Install PostgreSQL and name its bin folder in MOIM_PG_BIN.",
        ) from None
    return f"{done.stdout.strip()}; {_user()}"


def _user() -> str:
    if os.geteuid() != 0:
        return "as this user"
    has_spaces = os.path.exists("/proc/self/ns/user")
    return "as root, inside a user namespace" if has_spaces else "as root, by the user nobody"


async def _server(url: str) -> str:
    connection = await bootstrap.connect(url)
    try:
        version = await connection.fetchval("SHOW server_version")
        may = await connection.fetchval(
            "SELECT rolsuper OR (rolcreatedb AND rolcreaterole)"
            " FROM pg_roles WHERE rolname = current_user"
        )
    finally:
        await connection.close()
    if not may:
        raise Trouble(
            "The role of MOIM_DATABASE_URL may not create databases and roles.",
            "Use a superuser's.",
        )
    return f"PostgreSQL {version} of MOIM_DATABASE_URL"


def _redis() -> str:
    if url := given("MOIM_REDIS_URL"):
        asyncio.run(require_redis(url))
        return "the server of MOIM_REDIS_URL answers"
    return f"{valkey.binary().name} (embedded)"


def _folder(place: Home) -> str:
    existing = place.folder
    while not existing.exists():
        existing = existing.parent
    if not os.access(existing, os.W_OK | os.X_OK):
        raise Trouble(
            f"{existing} may not be written by this user.",
            "Give it to this user, or choose another folder with MOIM_HOME.",
        )
    free = shutil.disk_usage(existing).free
    if free < _LEAST_FREE:
        raise Trouble(f"Only {free >> 20} MiB are free on the disk of {existing}.", DISK_MEND)
    return f"{place.folder}, {free >> 30} GiB free"


def _secret(place: Home) -> str:
    path = place.folder / "secret"
    if not path.exists():
        if place.postgres.exists():
            raise Trouble(f"{path} is missing, but there is data that needs it.", FRESH_MEND)
        return "will be made at the first start"
    if path.stat().st_mode & 0o077:
        raise Trouble(f"Others may read {path}.", f"chmod 600 {path}")
    place.master()
    return "only this user may read it"


def _suite(place: Home, port: int) -> str:
    state = place.state()
    if leftovers.is_alive(state.get("suite")):
        return f"runs at {state['url']} ({state['phase']})"
    if place.is_held():
        raise Trouble(f"A test, a bench or another tool holds {place.folder}.", "End it there.")
    ports = Ports(port)
    doors = {ports.public: "public", ports.postgres: "PostgreSQL", ports.valkey: "Redis"}
    inner = dict.fromkeys(range(ports.base + 1, ports.base + 25), "inner")
    require_free({**doors, **inner})
    return f"does not run; the ports it needs are free ({port}, {ports.base + 1} and up)"


def _files() -> str:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _LEAST_FILES:
        raise Trouble(
            f"Only {hard} open files are allowed: a gateway needs one for each session.",
            "Raise the limit: ulimit -Hn 65536 (as root), or in /etc/security/limits.conf.",
        )
    return f"{'unlimited' if hard == resource.RLIM_INFINITY else hard}"


def _memory() -> str:
    import psutil

    free = psutil.virtual_memory().available
    if free < _LEAST_MEMORY:
        raise Trouble(f"Only {free >> 20} MiB of memory are free.", "Use ./moim up --single.")
    return f"{free >> 20} MiB free"
