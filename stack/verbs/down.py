"""Stops the suite of the data folder, wherever it was started."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal

from chassis.clock import SystemClock
from stack import leftovers, say
from stack.environ import home
from stack.home import Home
from stack.trouble import Trouble

HELP = "stop everything, gently"
_PATIENCE_S = 90.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("--now", action="store_true", help="without draining")


def run(options: argparse.Namespace) -> int:
    """Ask the supervisor, and wait."""
    return asyncio.run(_stop(Home(home()), is_urgent=options.now))


async def _stop(place: Home, *, is_urgent: bool) -> int:
    clock = SystemClock()
    state = place.state()
    suite = state.get("suite")
    if not leftovers.is_alive(suite):
        await leftovers.end(place, clock, say.step)
        if place.is_held():
            raise Trouble(f"A test, a bench or another tool holds {place.folder}.", "End it there.")
        place.clear_state()
        say.step("nothing runs")
        return 0
    pid = int(state["suite"]["pid"])
    say.step(f"stopping what runs at {state['url']}")
    for _ in range(2 if is_urgent else 1):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        await clock.sleep(0.3)
    until = clock.monotonic() + _PATIENCE_S
    while leftovers.is_alive(suite):
        if clock.monotonic() > until:
            say.step("it does not end by itself and is killed")
            os.kill(pid, signal.SIGKILL)
            await clock.sleep(1)
            await leftovers.end(place, clock, say.step)
            break
        await clock.sleep(0.1)
    say.step("stopped; the data is kept")
    return 0
