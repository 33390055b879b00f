"""Several services in one process, for small machines: python -m stack.single MODULE...

Each keeps its own ports, settings and parts; only the process and its loop are shared.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Sequence
from functools import partial

import uvloop

from chassis import logs
from chassis.lifecycle import live
from chassis.service import Service
from chassis.settings import load


def builder(module: str) -> Callable[[], Service]:
    """How a service is built, by the layout that all of them share."""
    settings = importlib.import_module(f"{module}.settings").Settings
    build = importlib.import_module(f"{module}.app").build
    return partial(build, load(settings))


def main(modules: Sequence[str]) -> int:
    """Run them until a signal."""
    logs.configure("house", "house", "info")
    builders = [builder(module) for module in modules]
    gc.collect()
    return int(uvloop.run(live(builders)))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
