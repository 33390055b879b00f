"""Which port is whose. Arithmetic from the public port, and free blocks for tests and benches."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from stack.services import GATEWAY, HOUSE, MEDIA, Table
from stack.trouble import Trouble

LOOPBACK = "127.0.0.1"

_DISTANCE = 10_000
_HIGHEST_BASE = 65_000
_BLOCK = 200
_FIRST_FREE, _LAST_FREE = 10_100, 21_900


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of one suite."""

    public: int
    table: Table = HOUSE

    @property
    def base(self) -> int:
        """What the inner ports are counted from."""
        above = self.public + _DISTANCE
        return above if above <= _HIGHEST_BASE else self.public - _DISTANCE

    @property
    def postgres(self) -> int:
        """The embedded PostgreSQL."""
        return self.base + 90

    @property
    def valkey(self) -> int:
        """The embedded Redis-compatible server."""
        return self.base + 91

    def media(self, copy: int = 0) -> int:
        """Where media arrives, by UDP; each worker has a port of its own, eight at most."""
        return self.base + 92 + copy

    def http(self, name: str) -> int:
        """HTTP; gateways share the public port."""
        return self.public if name == GATEWAY else self._of(name, 1)

    def rpc(self, name: str, copy: int = 0) -> int:
        """Calls from neighbours."""
        return self._of(name, 2) if copy == 0 else self._copies(name) + 2 * copy

    def admin(self, name: str, copy: int = 0) -> int:
        """/livez, /readyz, /metrics."""
        return self._of(name, 3) if copy == 0 else self._copies(name) + 2 * copy + 1

    def _copies(self, name: str) -> int:
        return self.base + (40 if name == MEDIA else 100)

    def _of(self, name: str, door: int) -> int:
        return self.base + door + 3 * self.table.number(name)


def is_free(port: int) -> bool:
    """Whether nobody listens there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free(wanted: dict[int, str]) -> None:
    """Trouble that names the first port somebody else has."""
    for port, purpose in wanted.items():
        if not is_free(port):
            raise Trouble(
                f"Port {port} ({purpose}) is already in use.",
                "Stop the program that holds it, or choose another: ./moim up --port 9000.",
            )


@contextlib.contextmanager
def reserved() -> Iterator[int]:
    """A public port whose whole block is free, kept from other suites of this user meanwhile."""
    folder = Path(tempfile.gettempdir()) / f"moim-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    blocks = list(range(_FIRST_FREE, _LAST_FREE + 1, _BLOCK))
    Random().shuffle(blocks)
    for public in blocks:
        with (folder / str(public)).open("w") as claim:
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            base = Ports(public).base
            if all(is_free(port) for port in (public, *range(base + 1, base + 130))):
                yield public
                return
    raise Trouble("No free block of ports was found.", "End other suites: ./moim down.")
