"""How many people a guild can shut out."""

from __future__ import annotations

from community_service.domain.bans import can_ban_stranger
from community_service.domain.invites import can_add
from contracts.errors import ErrorCode
from contracts.limits import BANS_OF_STRANGERS, INVITES_PER_GUILD


def test_strangers_are_banned_up_to_a_number() -> None:
    assert can_ban_stranger(BANS_OF_STRANGERS - 1) is None
    refusal = can_ban_stranger(BANS_OF_STRANGERS)
    assert refusal is not None
    assert refusal.error is ErrorCode.MAX_BANS


def test_invites_are_made_up_to_a_number() -> None:
    assert can_add(INVITES_PER_GUILD - 1) is None
    refusal = can_add(INVITES_PER_GUILD)
    assert refusal is not None
    assert refusal.error is ErrorCode.MAX_INVITES
