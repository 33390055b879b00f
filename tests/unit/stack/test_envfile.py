"""What docker compose is told."""

from __future__ import annotations

from stack.envfile import rendered, variables
from stack.services import HOUSE


def test_every_service_gets_its_keyring_and_every_role_its_password() -> None:
    found = variables(bytes(32), domain="example.org")
    assert {f"{row.prefix}KEYRING" for row in HOUSE} <= set(found)
    assert {f"{row.prefix}DATABASE_PASSWORD" for row in HOUSE.stored()} <= set(found)
    assert found["MOIM_DOMAIN"] == "example.org"


def test_no_value_needs_quoting() -> None:
    for line in rendered(variables(bytes(32), domain="localhost")).splitlines():
        name, _, value = line.partition("=")
        assert name.isidentifier()
        assert not set(value) & set(" \"'#$\\")
