"""What the processes say."""

from __future__ import annotations

import argparse
import asyncio

from chassis.clock import SystemClock
from stack import say
from stack.environ import home
from stack.home import Home
from stack.tail import Tail, show
from stack.trouble import Trouble

HELP = "what the services say"
_QUIET = frozenset({"postgres", "valkey", "initdb", "migrate", "suite"})


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("names", nargs="*", help="service, postgres, valkey, migrate …")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    parser.add_argument("-n", "--lines", type=int, default=20, help="of each, to begin with (20)")


def run(options: argparse.Namespace) -> int:
    """Print, and go on if asked to."""
    place = Home(home())
    known = sorted(path.stem for path in place.logs.glob("*.log"))
    names = options.names or [name for name in known if name not in _QUIET]
    for name in names:
        if name not in known:
            heard = f"There are logs of: {', '.join(known)}." if known else "Nothing ran yet."
            raise Trouble(f"There is no log of {name!r}.", heard)
    tails = [Tail(place.log(name), lines=options.lines) for name in names]
    width = max((len(name) for name in names), default=0)
    if not tails:
        say.line("nothing ran yet; start it with ./moim up")
    show(tails, width)
    if options.follow:
        asyncio.run(_follow(tails, width))
    return 0


async def _follow(tails: list[Tail], width: int) -> None:
    clock = SystemClock()
    while True:
        await clock.sleep(0.2)
        show(tails, width)
