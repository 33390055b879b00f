"""The tests: one command for all kinds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from stack import say
from stack.environ import ROOT, become

HELP = "run the tests, all kinds unless some are named"
DEFAULT = ("unit", "service", "e2e", "clients")


PASSES_ON = "[KIND ...] [PYTEST ARGUMENTS ...]"


def run(options: argparse.Namespace) -> int:
    """Become pytest."""
    kinds = sorted(path.name for path in (ROOT / "tests").iterdir() if path.is_dir())
    words = command(options.rest, kinds)
    say.step(f"pytest {' '.join(words)}")
    become([sys.executable, "-m", "pytest", *words])


def command(rest: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """The arguments of pytest."""
    chosen = [f"tests/{word}" for word in rest if word in kinds]
    others = [word for word in rest if word not in kinds]
    names_files = any(word.startswith("tests/") or ".py" in word for word in others)
    if not chosen and not names_files:
        chosen = [f"tests/{kind}" for kind in DEFAULT if kind in kinds]
    is_parallel = not any(word.startswith(("-n", "--pdb", "-p")) for word in others)
    return [*(["-n", "2", "--dist", "loadgroup"] if is_parallel else []), *chosen, *others]
