"""What follows from people's coming and going: when they were seen last, and the end of temporary
memberships.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from community_service import store
from community_service.actions import members
from community_service.domain.members import is_passing
from community_service.tools import Unit

LEFT_ALONE = timedelta(hours=1)
"""Who joined just now may not have connected yet."""


async def note(unit: Unit, user_ids: Iterable[int]) -> None:
    """Write down that these people were seen now."""
    await store.people.seen(unit, user_ids, unit.now)


async def passing(unit: Unit, user_ids: Sequence[int]) -> dict[int, list[int]]:
    """Temporary members among these people who were given no role, by guild."""
    found: dict[int, list[int]] = {}
    for guild_id, user_id in await store.members.passing(unit, user_ids):
        found.setdefault(guild_id, []).append(user_id)
    return found


async def let_go(unit: Unit, guild_id: int, user_ids: Sequence[int]) -> None:
    """End temporary memberships of people who went, unless they were given a role meanwhile."""
    await store.guilds.hold(unit, guild_id)
    found = await store.members.by_ids(unit, guild_id, user_ids)
    await members.dismiss(unit, guild_id, [one for one in found if is_passing(one)])


async def temporary(unit: Unit, *, after: int, limit: int) -> list[int]:
    """People who have been temporary members somewhere for a while, by id."""
    return await store.members.temporary(
        unit, after=after, before=unit.now - LEFT_ALONE, limit=limit
    )
