"""What runs, and how it is."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

import psutil

from stack import leftovers, probe, say, valkey
from stack.environ import home
from stack.home import Home
from stack.keys import redis_password
from stack.ports import LOOPBACK, Ports, is_free
from stack.services import HOUSE, MEDIA
from stack.suite import SINGLE
from stack.wiring import processes

HELP = "what runs, and how it is"
_MIB = 1 << 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("--json", action="store_true", help="for programs")


def run(options: argparse.Namespace) -> int:
    """0 when everything is ready."""
    place = Home(home())
    state = place.state()
    if not leftovers.is_alive(state.get("suite")):
        say.line("{}" if options.json else "nothing runs; start it with ./moim up")
        return 1
    rows = asyncio.run(_rows(place, state))
    is_ready = state["phase"] == "ready" and all(row["health"] == "ready" for row in rows)
    if options.json:
        said = {"ready": is_ready, "phase": state["phase"], "url": state["url"], "processes": rows}
        say.line(json.dumps(said))
        return 0 if is_ready else 1
    say.line(f"{state['url']}  {state['phase']}  (data in {place.folder})")
    cells = [
        (
            row["name"],
            str(row["pid"]),
            f"{row['mib']} MiB",
            str(row["starts"]),
            row["health"],
        )
        for row in rows
    ]
    say.table([("process", "pid", "memory", "starts", "health"), *cells])
    say.line(f"{len(rows)} processes, {sum(row['mib'] for row in rows)} MiB")
    return 0 if is_ready else 1


async def _rows(place: Home, state: dict[str, Any]) -> list[dict[str, Any]]:
    admin = _admin_ports(state)
    rows = []
    for name, mark in state["processes"].items():
        if not leftovers.is_alive(mark):
            health = "ended"
        elif name == "valkey":
            ports, password = Ports(state["port"]), redis_password(place.master())
            is_well = await valkey.answers(LOOPBACK, ports.valkey, password)
            health = "ready" if is_well else "does not answer"
        elif name == "postgres":
            health = "does not listen" if is_free(Ports(state["port"]).postgres) else "ready"
        else:
            said = [await probe.readiness(port) for port in admin[name]]
            health = next((str(each) for each in said if not each.is_ready), "ready")
        row = {"name": name, "pid": mark["pid"], "starts": mark["starts"], "health": health}
        rows.append({**row, "mib": _memory(int(mark["pid"]))})
    return rows


def _admin_ports(state: dict[str, Any]) -> dict[str, list[int]]:
    ports = Ports(state["port"])
    found = {
        process.name: [ports.admin(row.name, process.copy)]
        for row in HOUSE
        for process in processes(row, state["gateways"], state["sfus"])
    }
    found[SINGLE] = [ports.admin(row.name) for row in HOUSE if row.name != MEDIA]
    return found


def _memory(pid: int) -> int:
    """Of the process with its children; shared pages counted by share where the system tells."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(_proportional(each) for each in family) // _MIB
    except psutil.Error:
        return 0


def _proportional(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
