"""Measurements, each a program of its own in loadtest/bench."""

from __future__ import annotations

import argparse
import sys

from stack import say
from stack.environ import ROOT, become
from stack.trouble import Trouble

HELP = "measure something beside its reference; the last line is JSON"


PASSES_ON = "[NAME [ITS ARGUMENTS ...]]; without a name, list them"


def run(options: argparse.Namespace) -> int:
    """Become the bench."""
    name, *rest = options.rest or [""]
    found = {path.stem: path for path in (ROOT / "loadtest" / "bench").glob("*.py")}
    known = sorted(name for name, path in found.items() if _is_program(path.read_text()))
    if not name:
        say.line(f"benches: {', '.join(known) or 'none'}")
    elif name not in known:
        raise Trouble(f"There is no bench {name!r}.", f"There are: {', '.join(known)}.")
    else:
        become([sys.executable, "-m", f"loadtest.bench.{name}", *rest])
    return 0


def _is_program(text: str) -> bool:
    return "__main__" in text
