"""From forward.c to a shared object in the Python environment that runs, named by what it was made
from: another source, machine or way of building is another file, and old ones harm nobody.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SOURCE, SHARED = HERE / "forward.c", HERE / "forward.h"
COMPILERS = ("cc", "gcc", "clang")
OPTIONS = ("-std=c99", "-O2", "-shared", "-fPIC")
PATIENCE_S = 60


class NotBuilt(Exception):
    """In one sentence why not."""


def place() -> Path:
    """Where it is, once it is built."""
    made_from = hashlib.sha256(" ".join(OPTIONS).encode())
    for path in (SOURCE, SHARED):
        made_from.update(path.read_bytes())
    name = f"forward-{sys.platform}-{os.uname().machine}-{made_from.hexdigest()[:16]}.so"
    return Path(sys.prefix) / "lib" / "moim" / name


def build() -> Path:
    """Build it, if it is not there; NotBuilt where that cannot be."""
    there = place()
    if there.exists():
        return there
    if not sys.platform.startswith("linux"):
        raise NotBuilt("this system has no sendmmsg")
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise NotBuilt("there is no C compiler")
    try:
        there.parent.mkdir(parents=True, exist_ok=True)
        # Two may build at once: each its own, and the last one stays.
        with tempfile.TemporaryDirectory(dir=there.parent) as folder:
            made = Path(folder) / "made.so"
            _compile([compiler, *OPTIONS, "-o", str(made), str(SOURCE)])
            os.replace(made, there)
    except OSError as error:
        raise NotBuilt(str(error)) from None
    return there


def _compile(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise NotBuilt("the compiler takes too long") from None
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotBuilt(f"the compiler refused it: {words[0] if words else done.returncode}")
