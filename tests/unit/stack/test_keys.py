"""Which service holds which key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stack import keys
from stack.services import HOUSE

MASTER = bytes(32)


def _ring(name: str) -> dict[str, str]:
    pairs = keys.keyring(MASTER, HOUSE[name]).split(",")
    return dict(pair.rsplit(":", 1) for pair in pairs)


def test_the_gateway_signs_for_every_audience_and_others_check_only_their_own() -> None:
    audiences = {name for name in _ring("gateway") if name.startswith("id.")}
    assert audiences == {f"id.{row.name}" for row in HOUSE}
    for row in HOUSE:
        if row.name != "gateway":
            assert [name for name in _ring(row.name) if name.startswith("id.")] == [
                f"id.{row.name}"
            ]


def test_both_ends_of_a_link_hold_its_key_and_nobody_else() -> None:
    for caller in HOUSE:
        for callee in caller.calls:
            name = f"{caller.name}>{callee}"
            holders = {row.name for row in HOUSE if name in _ring(row.name)}
            assert holders == {caller.name, callee}
            assert _ring(caller.name)[name] == _ring(callee)[name]


def test_a_key_is_32_bytes_of_hex_and_depends_on_master_and_name() -> None:
    assert len(bytes.fromhex(keys.derive(MASTER, "id.user"))) == 32
    assert keys.derive(MASTER, "id.user") != keys.derive(MASTER, "id.chat")
    assert keys.derive(MASTER, "id.user") != keys.derive(b"\1" * 32, "id.user")


@given(st.binary(min_size=32, max_size=32))
def test_no_two_secrets_of_a_house_are_the_same(master: bytes) -> None:
    names = {name for row in HOUSE for name in keys.key_names(row)}
    secrets = [keys.derive(master, name) for name in names]
    secrets += [keys.role_password(master, str(row.schema)) for row in HOUSE.stored()]
    secrets.append(keys.redis_password(master))
    assert len(set(secrets)) == len(secrets)
