"""The address of a caller: the peer of its connection, or what a trusted proxy says of it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network


class Peers:
    """Addresses of callers. `trusted`: networks (CIDR, commas) whose X-Forwarded-For counts."""

    def __init__(self, trusted: str = "") -> None:
        self._networks = [
            ip_network(part.strip(), strict=False) for part in trusted.split(",") if part.strip()
        ]
        self.is_trusted = lru_cache(maxsize=4_096)(self._is_trusted)

    def caller(self, peer: bytes, forwarded: bytes) -> bytes:
        """The nearest address that is no trusted proxy."""
        if not self._networks or not self.is_trusted(peer):
            return peer
        for hop in reversed(forwarded.split(b",")):
            address = hop.strip()
            if not _is_address(address):
                return peer
            if not self.is_trusted(address):
                return address
            peer = address
        return peer

    def _is_trusted(self, address: bytes) -> bool:
        if not _is_address(address):
            return False
        parsed = ip_address(address.decode())
        return any(parsed in network for network in self._networks)


def _is_address(text: bytes) -> bool:
    try:
        ip_address(text.decode("ascii", "replace"))
    except ValueError:
        return False
    return True
