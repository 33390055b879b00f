"""Everything a program can judge, one line each; what a tool said is shown when it objects."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from chassis.clock import SystemClock
from stack import say
from stack.environ import ROOT

HELP = "format, lint, types, import rules, architecture"

_BIN = Path(sys.executable).parent
CHECKS: dict[str, Sequence[str]] = {
    "types": [sys.executable, "-m", "mypy"],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "."],
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "imports": [str(_BIN / "lint-imports")],
    "architecture": [sys.executable, "-m", "pytest", "-q", "tests/architecture"],
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """All or some."""
    parser.add_argument("names", nargs="*", help=", ".join(CHECKS))


def run(options: argparse.Namespace) -> int:
    """0 when nobody objects."""
    unknown = set(options.names) - set(CHECKS)
    if unknown:
        say.line(f"unknown: {', '.join(unknown)}; known: {', '.join(CHECKS)}")
        return 2
    chosen = [name for name in CHECKS if not options.names or name in options.names]
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for done in as_completed([pool.submit(_judge, name) for name in chosen]):
            name, seconds, code, said = done.result()
            verdict = say.paint("ok", "green") if code == 0 else say.paint("FAILED", "red")
            say.line(f"{name:<13} {seconds:5.1f} s  {verdict}")
            if code != 0:
                failed += 1
                say.line("\n".join(f"    {line}" for line in said.splitlines()[-60:]))
    return 1 if failed else 0


def _judge(name: str) -> tuple[str, float, int, str]:
    clock = SystemClock()
    began = clock.monotonic()
    done = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return name, clock.monotonic() - began, done.returncode, done.stdout
