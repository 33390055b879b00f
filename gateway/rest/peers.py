"""The address of a caller: the peer of its connection, or what a trusted proxy says of it; and by
what it is counted.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NETWORK_BITS = 64
"""Of one IPv6 address, a subscriber has all of these."""


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
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._networks)


@lru_cache(maxsize=4_096)
def counted(address: bytes) -> bytes:
    """What its limits are kept by; whatever is no address, as it is."""
    parsed = _parsed(address)
    if parsed is None:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed).encode()
    return str(ip_network((int(parsed), _NETWORK_BITS), strict=False)).encode()


def _is_address(text: bytes) -> bool:
    return _parsed(text) is not None


def _parsed(text: bytes) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(text.decode("ascii", "replace"))
    except ValueError:
        return None
    # Where one socket listens for both, IPv4 comes in the other's clothes.
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
