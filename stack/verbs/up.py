"""Everything runs until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import subprocess
import sys

from chassis.clock import SystemClock
from stack import say
from stack.environ import ROOT, given, home, operators
from stack.home import Home
from stack.ports import LOOPBACK
from stack.services import HOUSE, MEDIA
from stack.suite import SINGLE, Suite
from stack.tail import Tail, show
from stack.trouble import Trouble
from stack.wiring import processes

HELP = "start everything on embedded servers, and print the address"
_DETACHED = "suite"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("--port", type=_port, default=8080, help="public port (8080)")
    parser.add_argument("--gateways", type=_count, default=1, metavar="N", help="gateways (1)")
    parser.add_argument(
        "--sfu", type=_few, default=1, metavar="N", help="workers for voice and video (1)"
    )
    parser.add_argument("--fresh", action="store_true", help="move old data aside and start anew")
    parser.add_argument(
        "--single", action="store_true", help="all services but media in one process"
    )
    parser.add_argument("--detach", action="store_true", help="return when all is ready")
    parser.add_argument("--quiet", action="store_true", help="do not show what services say")


def run(options: argparse.Namespace) -> int:
    """Start, show, and stop when asked."""
    if options.single and options.gateways > 1:
        raise Trouble("--single holds one gateway.", "Leave out --single or --gateways.")
    place = Home(home())
    if options.fresh:
        _set_aside(place)
    if options.detach:
        return _detach(place, options)
    return asyncio.run(_live(place, options))


async def _live(place: Home, options: argparse.Namespace) -> int:
    suite = Suite(
        place.folder,
        port=options.port,
        gateways=options.gateways,
        sfus=options.sfu,
        single=options.single,
        durable=True,
        database_url=given("MOIM_DATABASE_URL"),
        redis_url=given("MOIM_REDIS_URL"),
        extra_env=operators(),
        report=say.step,
    )
    asked = _asked_to_stop(suite)
    began = SystemClock().monotonic()
    tails = [] if options.quiet else _tails(suite)
    start = asyncio.ensure_future(suite.start())
    waits = [start, asyncio.ensure_future(asked.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    waits[1].cancel()
    if not start.done():
        say.step("stopping before all was up")
        start.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await start
        return 1
    start.result()
    _welcome(suite, SystemClock().monotonic() - began)
    await _until(asked, tails)
    return await _leave(suite, tails)


async def _until(asked: asyncio.Event, tails: list[Tail]) -> None:
    width = max((len(tail.name) for tail in tails), default=0)
    while not asked.is_set():
        show(tails, width)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await asked.wait()


async def _leave(suite: Suite, tails: list[Tail]) -> int:
    say.step("stopping: connected clients are told to come back (Ctrl-C again: at once)")
    began = SystemClock().monotonic()
    await suite.stop()
    show(tails, max((len(tail.name) for tail in tails), default=0))
    say.step(f"stopped in {SystemClock().monotonic() - began:.1f} s; the data is kept")
    return 0


def _asked_to_stop(suite: Suite) -> asyncio.Event:
    asked = asyncio.Event()

    def ask() -> None:
        if asked.is_set():
            suite.hurry()
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ask)
    return asked


def _tails(suite: Suite) -> list[Tail]:
    names = [
        process.name for row in HOUSE for process in processes(row, suite.gateways, suite.sfus)
    ]
    if suite.single:
        names = [SINGLE, *(process.name for process in processes(HOUSE[MEDIA], 1, suite.sfus))]
    return [Tail(suite.home.log(name)) for name in names]


def _welcome(suite: Suite, seconds: float) -> None:
    say.step(f"ready in {seconds:.1f} s")
    say.line()
    say.line(f"    {say.paint(suite.url, 'green')}")
    say.line()
    if not given("MOIM_SMTP_URL"):
        say.step(f"letters land in {suite.home.mail} (MOIM_SMTP_URL sends them)")
    where = given("MOIM_PUBLIC_IP") or LOOPBACK
    doors = ", ".join(str(suite.ports.media(copy)) for copy in range(suite.sfus))
    say.step(f"voice: clients are told to send to {where}, UDP {doors} (MOIM_PUBLIC_IP decides)")
    say.step(f"data and logs are in {suite.home.folder}; Ctrl-C stops everything")


def _set_aside(place: Home) -> None:
    place.hold()
    try:
        aside = place.set_aside()
    finally:
        place.release()
    say.step(f"the old data was moved to {aside}" if aside else "there was no old data")


def _detach(place: Home, options: argparse.Namespace) -> int:
    if place.is_held():
        place.hold()  # says who holds it
    place.make()
    log = place.log(_DETACHED)
    argv = [sys.executable, "-m", "stack", "up", "--quiet", f"--port={options.port}"]
    argv += [f"--gateways={options.gateways}", f"--sfu={options.sfu}"]
    argv += ["--single"] if options.single else []
    with log.open("wb") as words:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
        )
    tail = Tail(log, lines=0)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.2)
        for text in tail.news():
            say.line(text)
        if child.returncode is not None:
            return 1
        state = place.state()
        if state.get("phase") == "ready" and state["suite"]["pid"] == child.pid:
            child.returncode = 0  # it lives on; nobody here waits for its end
            say.step("it goes on in the background: ./moim status, ./moim logs -f, ./moim down")
            return 0


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65_536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


def _few(text: str) -> int:
    count = int(text)
    if not 0 < count <= 8:
        raise argparse.ArgumentTypeError("from 1 to 8")
    return count


def _count(text: str) -> int:
    count = int(text)
    if not 0 < count <= 16:
        raise argparse.ArgumentTypeError("from 1 to 16")
    return count
