"""Where Redis is: one server, or some of a cluster's.

`redis://` and `rediss://` name one server; `redis+cluster://` and `rediss+cluster://` name any of a
cluster's, joined by commas, all with the same name and password.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from chassis.bus.slots import Address

_CLUSTER = "+cluster"
_PORT = 6379


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster's door."""

    scheme: str
    credentials: str
    addresses: tuple[Address, ...]

    def at(self, address: Address) -> str:
        """The URL of one of its servers."""
        host, port = address
        host = f"[{host}]" if ":" in host else host
        return f"{self.scheme}://{self.credentials}{host}:{port}/0"

    @property
    def login(self) -> tuple[str | None, str | None]:
        """Who we are there, and what proves it."""
        name, _, password = self.credentials.rpartition("@")[0].partition(":")
        return unquote(name) or None, unquote(password) or None


def cluster(url: str) -> Place | None:
    """The cluster that a URL names; None: it names one server."""
    parts = urlsplit(url)
    if not parts.scheme.endswith(_CLUSTER):
        return None
    credentials, at, hosts = parts.netloc.rpartition("@")
    addresses = tuple(
        (each.hostname or "127.0.0.1", each.port or _PORT)
        for each in (urlsplit(f"//{host}") for host in hosts.split(","))
    )
    return Place(parts.scheme.removesuffix(_CLUSTER), credentials + at, addresses)
