"""What processes cost, read from /proc, and how distributions are told."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that these processes have used, to the nanosecond: the ticks that most
    tools show are as long as a whole message to a thousand sessions.
    """
    total = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # it may be gone by now
                total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def descendants(pid: int) -> set[int]:
    """The processes that a process started, and those that they did."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it may be gone by now
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def pss_kib(pids: Iterable[int]) -> float:
    """Memory of these processes, shared pages counted by share."""
    total = 0.0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += float(line.split()[1])
    return total


def pin(pid: int, core: int) -> None:
    """Keep a process, with all its threads, on one core (where there are several)."""
    cores = os.cpu_count() or 1
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {core % cores})


def prefer(pid: int) -> None:
    """Let a process, with all its threads, go before all others on a machine that is busy: being
    nice counts within a session only.
    """
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(1))


def pin_family(pid: int, core: int) -> None:
    """Keep a process on one core, and all that it has started."""
    pin(pid, core)
    for thread in os.listdir(f"/proc/{pid}/task"):
        for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
            pin_family(int(child), core)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return quantile(values, 0.5)
