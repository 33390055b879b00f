"""People whose accounts are deleted, and what is told to those who want to know what is kept of
them.
"""

from __future__ import annotations

from community_service import store
from community_service.actions import guilds, members
from community_service.tools import Unit
from contracts.rpc.export import Exported


async def owned(unit: Unit, user_id: int) -> int:
    """How many communities would lose their owner."""
    return await store.guilds.count_owned(unit, user_id)


async def leave_one(unit: Unit) -> bool:
    """Leave one community, as the person whose account is gone. False: there was none left.

    Nobody deletes an account that owns something; what was founded in that moment ends with it.
    """
    found = await store.members.of_user(unit, unit.actor.user_id, 1)
    if not found:
        return False
    guild = await store.guilds.by_id(unit, found[0].guild_id)
    if guild is not None and guild.owner_id == unit.actor.user_id:
        await guilds.remove(unit, guild.id)
    else:
        await members.leave(unit, found[0].guild_id)
    return True


async def export(unit: Unit, user_id: int, after: str) -> Exported:
    """One page of what is kept of a person."""
    return await store.exports.of(unit, user_id, after)
