"""A demo community in the house that runs."""

from __future__ import annotations

import argparse
import asyncio

from stack import leftovers, say
from stack.demo import PASSWORD, Storyteller
from stack.environ import home
from stack.home import Home
from stack.trouble import Trouble

HELP = "make a demo community with people and history"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where."""
    parser.add_argument("--url", default="", help="another house than the one that runs here")


def run(options: argparse.Namespace) -> int:
    """Make it, and say how to get in."""
    url = options.url.rstrip("/") or _here()
    demo = asyncio.run(Storyteller(url, say.step).tell())
    say.line(f"{url}: community {demo.guild_id}, invite code {demo.invite}")
    say.line(f"people: {', '.join(demo.people)}; password of each: {PASSWORD}")
    return 0


def _here() -> str:
    state = Home(home()).state()
    if not leftovers.is_alive(state.get("suite")):
        raise Trouble("Nothing runs that could be filled.", "Start it: ./moim up --detach.")
    return str(state["url"])
