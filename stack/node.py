"""The JavaScript corner of the tests: whether Node is here, and its locked packages beside it.

Nothing else of this project needs Node; where it is absent, the tests that need it say so.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess

from stack.environ import ROOT
from stack.trouble import Trouble

CORNER = ROOT / "tests" / "clients" / "node"
ABSENT = "Node.js is not here: bots in JavaScript and the published schema are left out."
OLDEST = 20

_MARK = CORNER / "node_modules" / ".of-lock"


def is_here() -> bool:
    """Whether both programs exist and are new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(said.removeprefix("v").partition(".")[0] or 0) >= OLDEST


def is_furnished() -> bool:
    """Whether the packages of the lock are installed."""
    return _MARK.exists() and _MARK.read_text() == _digest()


def furnish() -> None:
    """Install exactly the packages of the lock."""
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=CORNER,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stdout.strip().splitlines()
        raise Trouble(
            f"The JavaScript libraries could not be installed: {said[-1] if said else 'npm ci'}.",
            "npm needs a registry: try `npm ci` in tests/clients/node.",
        )
    _MARK.write_text(_digest())


def _digest() -> str:
    return hashlib.sha256((CORNER / "package-lock.json").read_bytes()).hexdigest()
