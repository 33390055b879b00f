"""Roles: a bot brings one, with no more than its installer could hand on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from community_service.domain.roles import grantable, of_bot
from contracts.permissions import EVERYTHING, Permission, holds

bits = st.integers(0, 2**63 - 1)


@given(bits, bits)
def test_a_bot_gets_what_it_asks_and_its_installer_holds(asked: int, held: int) -> None:
    installer = Permission(held & int(EVERYTHING))
    granted = grantable(asked, installer)
    assert holds(installer, granted)
    assert int(granted) == asked & int(installer)


def test_the_role_of_a_bot_is_managed() -> None:
    role = of_bot(5, 1, 9, name="echo", permissions=8)
    assert role.is_managed
    assert (role.id, role.guild_id, role.bot_id, role.position) == (5, 1, 9, 1)
