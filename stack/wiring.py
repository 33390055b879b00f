"""Which processes a suite has, and the environment of each. Pure: from the table to variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from stack import keys
from stack.ports import LOOPBACK, Ports
from stack.services import (
    CHAT,
    GATEWAY,
    MEDIA,
    NOTIFICATION,
    SIGNALING,
    USER,
    Service,
    Table,
)


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a service; `copy` counts further ones from 1."""

    service: Service
    copy: int = 0

    @property
    def name(self) -> str:
        """Of its log, in status and for faults: `chat`, `gateway`, `gateway-2`."""
        return self.service.name if self.copy == 0 else f"{self.service.name}-{self.copy + 1}"


def processes(service: Service, gateways: int, sfus: int = 1) -> list[Process]:
    """Those of a row of the table."""
    count = {GATEWAY: gateways, MEDIA: sfus}.get(service.name, 1)
    return [Process(service, copy) for copy in range(count)]


@dataclass(frozen=True, slots=True)
class Wiring:
    """All that the environments of one suite have in common."""

    ports: Ports
    master: bytes
    redis_url: str
    database_url: Callable[[str], str]
    blobs: str
    """The folder of all files."""
    gateways: int = 1
    mail_folder: str = ""
    """Where letters land while there is no mail server."""

    @property
    def table(self) -> Table:
        """The rows."""
        return self.ports.table

    @property
    def public_url(self) -> str:
        """Where people come in."""
        return f"http://{LOOPBACK}:{self.ports.public}"

    def environment(self, process: Process) -> dict[str, str]:
        """Every variable of one process."""
        service = process.service
        values = {
            "BIND": LOOPBACK,
            "PORT": str(self.ports.http(service.name)),
            "RPC_PORT": str(self.ports.rpc(service.name, process.copy)),
            "ADMIN_PORT": str(self.ports.admin(service.name, process.copy)),
            "INSTANCE": process.name,
            "KEYRING": keys.keyring(self.master, service, self.table),
            "NEIGHBOURS": self._neighbours(service),
        }
        if service.redis:
            values["REDIS_URL"] = self.redis_url
        if service.files:
            values["BLOBS"] = self.blobs
        if service.schema is not None:
            values["DATABASE_URL"] = self.database_url(service.schema)
        if service.upstreams:
            values["UPSTREAMS"] = _listed(
                (name, self.ports.http(name)) for name in service.upstreams if name in self.table
            )
        if service.name in {GATEWAY, USER, CHAT, SIGNALING, NOTIFICATION}:
            values["PUBLIC_URL"] = self.public_url
        if service.name in {USER, NOTIFICATION}:
            values["MAIL_FOLDER"] = self.mail_folder
        if service.name == USER:
            values["SEAL_KEYS"] = keys.seal_key(self.master)
        if service.name == NOTIFICATION:
            values["VAPID_KEY"] = keys.vapid_key(self.master)
        if service.name == MEDIA:
            values |= {"UDP_BIND": LOOPBACK, "UDP_PORT": str(self.ports.media(process.copy))}
            values["RECORDINGS"] = str(Path(self.blobs).with_name("recordings"))
        return {service.prefix + name: value for name, value in values.items()}

    def _neighbours(self, service: Service) -> str:
        """RPC addresses of whom it calls. Others of its own kind are found while running."""
        return _listed(
            (name, self.ports.rpc(name))
            for name in service.calls
            if name in self.table and name != service.name
        )


def _listed(found: Iterable[tuple[str, int]]) -> str:
    return ",".join(f"{name}={LOOPBACK}:{port}" for name, port in found)
