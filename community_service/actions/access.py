"""The only ways to come by a guild or a channel on somebody's behalf, decided on fresh rows."""

from __future__ import annotations

from community_service import store
from community_service.domain import hierarchy
from community_service.domain.access import InChannel, InGuild
from community_service.tools import Unit
from contracts.errors import DomainError, ErrorCode, Forbidden, NotFound
from contracts.permissions import NONE, Permission, holds


def require(refusal: DomainError | None) -> None:
    """Turn a refused decision into the error."""
    if refusal is not None:
        raise refusal


def require_permission(granted: Permission, needed: Permission) -> None:
    """Raise unless every needed bit is granted."""
    if not holds(granted, needed):
        raise Forbidden


async def require_above(unit: Unit, here: InGuild, *user_ids: int) -> None:
    """Raise unless the actor stands above all of these people. Strangers stand below everybody."""
    ranks = await store.access.ranks(unit, here.guild, user_ids)
    require(hierarchy.can_act_on(here.standing.rank, *ranks.values()))


async def access_guild(
    unit: Unit, guild_id: int, *, needs: Permission = NONE, for_change: bool = False
) -> InGuild:
    """A guild that the actor is a member of. To others it does not exist.

    `for_change` holds it first, so that what is decided is still true when it is done.
    """
    if for_change:
        await store.guilds.hold(unit, guild_id)
    found = await store.access.in_guild(unit, guild_id, unit.actor.user_id)
    if found is None or found[1].joined_at is None:
        raise NotFound(ErrorCode.UNKNOWN_GUILD)
    guild, standing = found
    granted = standing.granted(unit.now)
    if not holds(granted, needs) and standing.lacks_only_a_factor(unit.now, needs):
        raise Forbidden(ErrorCode.MFA_NEEDED)
    require_permission(granted, needs)
    return InGuild(guild, standing, granted)


async def access_channel(
    unit: Unit, channel_id: int, *, needs: Permission = NONE, for_change: bool = False
) -> InChannel:
    """A channel that the actor can see. To strangers it does not exist; members hear that they
    lack access.
    """
    if for_change:
        await store.guilds.hold_of_channel(unit, channel_id)
    found = await store.access.in_channel(unit, channel_id, unit.actor.user_id)
    if found is None or found[2].joined_at is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    channel, guild, standing = found
    granted = standing.granted(unit.now, channel)
    if not holds(granted, Permission.VIEW_CHANNEL):
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    if not holds(granted, needs) and standing.lacks_only_a_factor(unit.now, needs, channel):
        raise Forbidden(ErrorCode.MFA_NEEDED)
    require_permission(granted, needs)
    return InChannel(channel, guild, standing, granted)
