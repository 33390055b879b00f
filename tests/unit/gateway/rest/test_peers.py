"""Who a caller is, by address."""

from __future__ import annotations

import pytest

from gateway.rest.peers import Peers, counted


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        (b"10.0.0.1", b"9.9.9.9, 8.8.8.8, 10.0.0.2", b"8.8.8.8"),
        (b"::ffff:10.0.0.1", b"8.8.8.8", b"8.8.8.8"),
        (b"7.7.7.7", b"8.8.8.8", b"7.7.7.7"),
        (b"10.0.0.1", b"8.8.8.8, unknown", b"10.0.0.1"),
        (b"fd00::1", b"2001:db8::5", b"2001:db8::5"),
    ],
)
def test_a_proxy_is_believed_if_it_is_trusted(peer: bytes, forwarded: bytes, caller: bytes) -> None:
    """One socket for both families gives IPv4 in the other's clothes."""
    assert Peers("10.0.0.0/8, fd00::/8").caller(peer, forwarded) == caller


def test_who_has_a_network_of_addresses_counts_once() -> None:
    assert counted(b"2001:db8::1") == counted(b"2001:db8::ffff:1") != counted(b"2001:db8:0:1::1")
    assert counted(b"::ffff:1.2.3.4") == counted(b"1.2.3.4") == b"1.2.3.4"
    for name in (b"local", b"stomp:MTIz", counted(b"2001:db8::1")):
        assert counted(name) == name
