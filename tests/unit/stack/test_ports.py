"""Port arithmetic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stack.ports import Ports
from stack.services import HOUSE


def _all(ports: Ports, gateways: int, sfus: int) -> list[int]:
    found = [ports.public, ports.postgres, ports.valkey]
    found += [ports.media(copy) for copy in range(sfus)]
    for row in HOUSE:
        if row.name != "gateway":
            found.append(ports.http(row.name))
        found += [ports.rpc(row.name), ports.admin(row.name)]
    for copy in range(1, gateways):
        found += [ports.rpc("gateway", copy), ports.admin("gateway", copy)]
    for copy in range(1, sfus):
        found += [ports.rpc("media", copy), ports.admin("media", copy)]
    return found


def test_the_default_ports_are_the_documented_ones() -> None:
    ports = Ports(8080)
    assert ports.base == 18080
    assert (ports.rpc("gateway"), ports.admin("gateway")) == (18082, 18083)
    assert (ports.http("user"), ports.rpc("user"), ports.admin("user")) == (18084, 18085, 18086)
    assert (ports.postgres, ports.valkey) == (18170, 18171)
    assert (ports.rpc("gateway", 1), ports.admin("gateway", 1)) == (18182, 18183)


def test_gateways_share_the_public_port() -> None:
    assert Ports(8080).http("gateway") == 8080


@given(st.integers(1, 65_535), st.integers(1, 16), st.integers(1, 8))
def test_no_two_doors_share_a_port_and_all_are_valid(public: int, gateways: int, sfus: int) -> None:
    found = _all(Ports(public), gateways, sfus)
    assert len(set(found)) == len(found)
    assert all(0 < port < 65_536 for port in found)
