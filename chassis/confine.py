"""A process that works on what strangers sent gives up what it does not need, before it begins."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

_FIRST_TO_GO = "1000"


def confine(*, memory_bytes: int, cpu_s: int, open_files: int) -> None:
    """Bounds on memory and time, and no file is written. If memory ends all the same, the kernel
    ends this process and not whoever started it.
    """
    with suppress(OSError):  # not everywhere is it asked for
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    limits = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in limits:
        resource.setrlimit(what, (most, most))
