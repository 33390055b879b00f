"""Processes that outlived a killed suite: still draining, most often. Found by pid and birth."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any

from chassis.clock import Clock
from stack.home import Home

_SAME_BIRTH_S = 2.0
_GRACE_S = 3.0
_SERVERS = frozenset({"postgres"})


def footprint(pid: int) -> dict[str, float]:
    """What tells a process from a later one with the same number."""
    import psutil

    try:
        return {"pid": pid, "born": round(psutil.Process(pid).create_time(), 2)}
    except psutil.Error:
        return {"pid": pid, "born": 0.0}


def is_alive(mark: Any) -> bool:
    """Whether the process of this footprint still runs."""
    import psutil

    try:
        process = psutil.Process(int(mark["pid"]))
        is_same = abs(process.create_time() - float(mark["born"])) < _SAME_BIRTH_S
        return bool(is_same and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False


async def end(home: Home, clock: Clock, report: Callable[[str], None]) -> None:
    """End what the last suite on this folder left running; PostgreSQL has its own way."""
    marks = home.state().get("processes", {})
    left = {name: mark for name, mark in marks.items() if name not in _SERVERS and is_alive(mark)}
    if not left:
        return
    report(f"ending what a killed suite left: {', '.join(sorted(left))}")
    for number, grace in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, _GRACE_S)):
        for mark in left.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(mark["pid"]), number)
        until = clock.monotonic() + grace
        while left and clock.monotonic() < until:
            left = {name: mark for name, mark in left.items() if is_alive(mark)}
            await clock.sleep(0.05)
