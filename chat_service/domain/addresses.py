"""Which addresses somebody else's link may lead us to: those of the public internet, and nothing of
our own house, of the machine, or of whoever rents it out. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

PORTS = {"http": 80, "https": 443}
"""Schemes, and the one port of each."""
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_UNICAST = IPv6Network("2000::/3")
"""What is given out to the public of the new internet; all that is stranger lies outside."""
_CLOSED: tuple[IPv4Network | IPv6Network, ...] = (
    *map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")),
    *map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")),
)
"""Not for the public whatever Python's own list says: it grows with its versions. One is a cloud's
own address among public ones.
"""
_LOW = (1 << 32) - 1


class Unreachable(Exception):
    """A link leads nowhere that we go."""


def require_public(addresses: Iterable[str]) -> None:
    """Raise unless every address is public: one that is not may be the one that is taken."""
    found = list(addresses)
    if not found or not all(map(is_public, found)):
        raise Unreachable("address")


def is_public(text: str) -> bool:
    """Whether it is a machine of the public internet, under whatever wrapping."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_open(address)
    inner = _wrapped(address)
    if inner is not None:
        return _is_open(inner)
    return _is_open(address) and address in _UNICAST


def _is_open(address: IPv4Address | IPv6Address) -> bool:
    is_closed = any(address in network for network in _CLOSED)
    return address.is_global and not (address.is_multicast or address.is_reserved or is_closed)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The old address that a new one stands for: mapped, translated, or tunnelled."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & _LOW)
    return None
