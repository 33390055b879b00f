"""One worker: its rooms, the wires of everybody in them, and what is told to signaling.

The state is in rooms.py; what changes it stands in actions. This is what they have in common.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.rpc.base import Cast
from contracts.rpc.media_legs import LegHeard, TellLeg
from media_sfu.kernel.choosing import chosen
from media_sfu.port import Address, UdpPort
from media_sfu.rooms import Rooms
from media_sfu.settings import Kernel
from media_sfu.wire import Crypt

log = logger("media")

Tell = Callable[[Cast], object]


@dataclass(frozen=True, slots=True)
class Trunk:
    """How this worker speaks to others of its kind."""

    ask: Callable[[Address, TellLeg], Awaitable[LegHeard]]
    secret: bytes
    """Shared by all workers of a house; empty: none, and then no room goes beyond this one."""


def _is_private(host: str) -> bool:
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return found.is_private and not found.is_loopback


class Worker:
    """What every action is given: a part of the service, so that it can say what it advertises."""

    def __init__(
        self,
        name: str,
        port: UdpPort,
        *,
        hosts: tuple[str, ...],
        tell: Tell,
        trunk: Trunk,
        clock: Clock,
        tasks: Tasks,
        kernel: Kernel = Kernel.AUTO,
    ) -> None:
        self.name = name
        self.port = port
        self.tell = tell
        self.trunk = trunk
        self.clock = clock
        self.tasks = tasks
        self.rooms = Rooms()
        self.epoch = clock.now_ms()
        self.is_draining = False
        self._hosts = hosts
        self._kernel = kernel
        self._library: Any = None
        self._crypt: Crypt | None = None

    @property
    def addresses(self) -> tuple[Address, ...]:
        """What clients are told to send to."""
        return tuple((host, self.port.port) for host in self._hosts)

    async def start(self) -> None:
        """Say where clients are told to send media: what is wrong most often."""
        self._library = chosen(self._kernel)
        told = [f"{host}:{port}" for host, port in self.addresses]
        log.info("media.advertised", addresses=told)
        if all(_is_private(host) for host in self._hosts):
            log.warning("media.advertised_private", addresses=told, mend="set MOIM_PUBLIC_IP")

    async def stop(self) -> None:
        """Nothing is left: a drain let everybody go."""

    def trouble(self) -> str | None:
        """None of its own; that of the port is told by the port."""
        return None

    def crypt(self) -> Crypt:
        """Made for the first wire: until then a worker is small."""
        if self._crypt is None:
            self._crypt = Crypt(
                self.port, self.addresses, self.clock, self.tasks, library=self._library
            )
            log.info("crypt.ready", fingerprint=self._crypt.fingerprint)
        return self._crypt
