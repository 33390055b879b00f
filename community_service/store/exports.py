"""What is kept of one person, as they may have it. The audit log is the communities', and so is who
banned somebody.
"""

from __future__ import annotations

from chassis.export import Shelf, page
from community_service.tables import (
    bans,
    emojis,
    guilds,
    interests,
    invites,
    member_roles,
    members,
    scheduled_events,
    webhooks,
)
from community_service.tools import Unit
from contracts.rpc.export import Exported

_SHELVES = (
    Shelf(members.c.user_id),
    Shelf(member_roles.c.user_id),
    Shelf(guilds.c.owner_id),
    Shelf(invites.c.inviter_id),
    Shelf(emojis.c.creator_id),
    Shelf(scheduled_events.c.creator_id),
    Shelf(interests.c.user_id),
    Shelf(bans.c.user_id, frozenset({"moderator_id"})),
    Shelf(webhooks.c.creator_id, frozenset({"token"})),
)


async def of(unit: Unit, user_id: int, after: str) -> Exported:
    """One page."""
    return await page(unit, _SHELVES, user_id, after)
