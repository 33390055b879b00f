"""Members: the owner stays."""

from __future__ import annotations

from community_service.domain.guilds import Guild
from community_service.domain.members import can_leave

GUILD = Guild(1, "Book club", owner_id=7)


def test_a_guild_is_never_without_its_owner() -> None:
    assert can_leave(GUILD, 8) is None
    assert can_leave(GUILD, 7) is not None
