"""One process of ours: started through the shim, logging to its file, ended for certain.

Its output goes straight to a file, so that it never waits for a reader of ours.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chassis.clock import Clock, SystemClock
from stack.environ import ROOT, inherited

_SHIM = Path(__file__).with_name("shim.py")
_KEPT_LOG = 16 << 20
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how it wants to be treated."""

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    """Beside what it inherits."""
    stop_signal: int = signal.SIGTERM
    never_root: bool = False
    owns: Sequence[Path] = ()
    """Folders it must own when it may not be root."""
    cwd: Path = ROOT


class Child:
    """A process with a name. It may be started again after it has ended."""

    def __init__(self, name: str, program: Program, log: Path, clock: Clock | None = None) -> None:
        self.name = name
        self.program = program
        self.log = log
        self._clock: Clock = clock or SystemClock()
        self._process: subprocess.Popen[bytes] | None = None
        self._log_from = 0

    @property
    def pid(self) -> int:
        """Of the process that runs now or ran last."""
        if self._process is None:
            raise LookupError(f"{self.name} was never started")
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs or before it ran."""
        return None if self._process is None else self._process.poll()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        """Start it. From the main thread only: the kernel ends it with the thread that forked."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("children are started from the main thread")
        if self.is_alive:
            return
        program = self.program
        env = {**inherited(), **program.env}
        env["SHIM_OWN"] = os.pathsep.join(map(str, program.owns))
        self._shorten_log()
        with self.log.open("ab") as log:
            self._log_from = log.tell()
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", str(_SHIM), str(int(program.stop_signal))),
                    *(str(os.getpid()), str(int(program.never_root)), *program.argv),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=program.cwd,
                # Ctrl-C at the terminal is for the supervisor, who drains.
                start_new_session=True,
            )

    def signal(self, number: int) -> None:
        """Send a signal; nothing happens when it has ended."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def gone(self, within: float | None = None) -> bool:
        """Wait until it has ended; False when it still runs after this many seconds."""
        end = None if within is None else self._clock.monotonic() + within
        while self.is_alive:
            if end is not None and self._clock.monotonic() >= end:
                return False
            await self._clock.sleep(_LOOK_EVERY_S)
        return True

    async def stop(self, grace: float) -> bool:
        """Ask it to end, and end it after the grace; whether it went by itself."""
        self.signal(self.program.stop_signal)
        if await self.gone(grace):
            return True
        self.signal(signal.SIGKILL)
        await self.gone(10)
        return False

    def last_words(self, lines: int = 15) -> list[str]:
        """The end of what it has written since it was started last."""
        try:
            with self.log.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(self._log_from, size - 65_536))
                text = log.read().decode(errors="replace")
        except FileNotFoundError:
            return []
        return text.splitlines()[-lines:]

    def _shorten_log(self) -> None:
        """Keep one older log file, so that years of starts do not fill the disk."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > _KEPT_LOG:
                self.log.replace(self.log.with_suffix(".old.log"))


async def run_once(child: Child, within: float) -> int:
    """Run a program to its end; its exit code, or -9 when it took too long."""
    child.spawn()
    if not await child.gone(within):
        await child.stop(1)
    return child.code or 0
