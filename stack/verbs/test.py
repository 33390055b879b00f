"""The tests: one command for all kinds."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from stack import node, say
from stack.environ import ROOT, become
from stack.trouble import Trouble

HELP = "run the tests, all kinds unless some are named"
DEFAULT = ("unit", "service", "e2e", "clients")

TESTS_FAILED = 1
"""Pytest's exit code for failed tests, as opposed to tests that could not run."""
FLAKY_AT_MOST = 3
WORKERS = "4"
"""On two cores: a third of what tests do is to wait for servers."""
CLIENTS = "tests/clients"
NEED_NODE = (CLIENTS, "tests/voice")
REAL_SERVERS = ("tests/service/", "tests/e2e/", f"{CLIENTS}/")

PASSES_ON = "[KIND ...] [PYTEST ARGUMENTS ...]"


def run(options: argparse.Namespace) -> int:
    """Become pytest; for the whole suite, look again at a few failures."""
    kinds = sorted(path.name for path in (ROOT / "tests").iterdir() if path.is_dir())
    words = command(options.rest, kinds)
    if any(word.startswith(NEED_NODE) for word in words):
        _furnish(is_asked=bool(options.rest))
    say.step(f"pytest {' '.join(words)}")
    argv = [sys.executable, "-m", "pytest", *words]
    if options.rest:
        become(argv)
    return _whole(argv)


def _furnish(*, is_asked: bool) -> None:
    """Bots in JavaScript need their libraries, once. The whole suite goes on without them."""
    if not node.is_here():
        say.line(say.paint(node.ABSENT, "yellow"))
    elif not node.is_furnished():
        say.step("installing the JavaScript libraries")
        try:
            node.furnish()
        except Trouble as trouble:
            if is_asked:
                raise
            say.trouble(trouble)


def _whole(argv: Sequence[str]) -> int:
    """Servers on a loaded machine can stumble: what failed is tried once more, and named."""
    code = subprocess.run([*argv, "--cache-clear"], cwd=ROOT, check=False).returncode
    stumbled = failures(ROOT / ".pytest_cache/v/cache/lastfailed")
    if code != TESTS_FAILED or not may_stumble(stumbled):
        return code
    say.step(f"once more: {' '.join(stumbled)}")
    again = [sys.executable, "-m", "pytest", *stumbled]
    if subprocess.run(again, cwd=ROOT, check=False).returncode:
        return code
    say.line("FLAKY, to be mended or deleted today: " + " ".join(stumbled))
    return 0


def failures(kept: Path) -> list[str]:
    """The tests that pytest remembers as failed."""
    return sorted(json.loads(kept.read_text())) if kept.exists() else []


def may_stumble(failed: Sequence[str]) -> bool:
    """Only few; and one of them has to be where real servers run, for a fault there can show later
    in a rule's test, but a rule by itself has no excuse.
    """
    return len(failed) <= FLAKY_AT_MOST and any(test.startswith(REAL_SERVERS) for test in failed)


def command(rest: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """The arguments of pytest."""
    chosen = [f"tests/{word}" for word in rest if word in kinds]
    others = [word for word in rest if word not in kinds]
    names_files = any(word.startswith("tests/") or ".py" in word for word in others)
    if not chosen and not names_files:
        chosen = [f"tests/{kind}" for kind in DEFAULT if kind in kinds]
    counts = any(word.startswith("-n") for word in others)
    is_alone = not counts and any(word.startswith(("--pdb", "-p")) for word in others)
    workers = [] if counts else ["-n", WORKERS]
    return [*([] if is_alone else [*workers, "--dist", "loadgroup"]), *chosen, *others]
