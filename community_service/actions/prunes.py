"""Members who have been away for long are counted, and let go in batches."""

from __future__ import annotations

from collections.abc import Sequence

from community_service import store
from community_service.actions import audit, members, presence
from community_service.actions.access import access_guild, require
from community_service.domain.guilds import Guild
from community_service.domain.prunes import Terms, can_prune
from community_service.tools import Tools, Unit
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission

AT_ONCE = 10_000
BATCH = 250


async def idle(unit: Unit, guild_id: int, terms: Terms) -> list[int]:
    """Members who were not seen for so long, by what is written down."""
    guild = await _access(unit, guild_id, terms)
    return await store.members.idle(unit, guild, terms, limit=AT_ONCE)


async def absent(tools: Tools, user_ids: Sequence[int]) -> list[int]:
    """Those of them who are not here just now: who stays connected is not seen to come."""
    here: set[int] = set()
    for start in range(0, len(user_ids), BATCH):
        here |= await presence.present(tools, user_ids[start : start + BATCH])
    return [one for one in user_ids if one not in here]


async def prune(unit: Unit, guild_id: int, terms: Terms, user_ids: Sequence[int]) -> int:
    """Let go of those of a batch who are still meant; how many that were."""
    guild = await _access(unit, guild_id, terms, for_change=True)
    meant = await store.members.idle(unit, guild, terms, limit=BATCH, user_ids=user_ids)
    gone = await store.members.by_ids(unit, guild_id, meant)
    await members.dismiss(unit, guild_id, gone)
    if gone:
        options = {"delete_member_days": terms.days, "members_removed": len(gone)}
        await audit.record(unit, guild_id, AuditAction.MEMBER_PRUNE, None, options=options)
    return len(gone)


async def _access(unit: Unit, guild_id: int, terms: Terms, *, for_change: bool = False) -> Guild:
    """The guild, if the actor may prune it so."""
    needs = Permission.KICK_MEMBERS | Permission.MANAGE_GUILD
    here = await access_guild(unit, guild_id, needs=needs, for_change=for_change)
    named = await store.roles.by_ids(unit, guild_id, terms.role_ids) if terms.role_ids else []
    require(can_prune(here.standing.rank, terms.role_ids, named))
    return here.guild
