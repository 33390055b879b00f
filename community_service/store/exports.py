"""What is kept of one person, as they may have it. What communities note about their members (audit
log, bans) is the communities'.
"""

from __future__ import annotations

from chassis.export import Shelf, page
from community_service.tables import emojis, guilds, invites, members, webhooks
from community_service.tools import Unit
from contracts.rpc.export import Exported

_SHELVES = (
    Shelf(members.c.user_id, members.c.guild_id),
    Shelf(guilds.c.owner_id, guilds.c.id),
    Shelf(invites.c.inviter_id, invites.c.code),
    Shelf(emojis.c.creator_id, emojis.c.id),
    Shelf(webhooks.c.creator_id, webhooks.c.id, frozenset({"token"})),
)


async def of(unit: Unit, user_id: int, after: str) -> Exported:
    """One page."""
    return await page(unit, _SHELVES, user_id, after)
