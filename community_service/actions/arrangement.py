"""Channels are put in order and into categories, any number of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from community_service import store, views
from community_service.actions import audit
from community_service.actions.access import access_guild, require, require_permission
from community_service.actions.overwrites import keep
from community_service.domain import arrangement as rules
from community_service.domain import overwrites
from community_service.domain.access import Standing
from community_service.domain.arrangement import Move
from community_service.domain.channels import Channel, can_hold
from community_service.tools import Unit
from contracts import limits
from contracts.errors import ErrorCode, Forbidden
from contracts.events.channel import ChannelUpdate
from contracts.permissions import Permission, holds


async def move(unit: Unit, guild_id: int, moves: Mapping[int, Move]) -> None:
    """Move channels. What only gives way is told as well, and not written down."""
    here = await access_guild(unit, guild_id, needs=Permission.MANAGE_CHANNELS, for_change=True)
    before = await store.channels.of_guild(unit, guild_id, limits.CHANNELS_PER_GUILD)
    require(rules.known(before, moves))
    old = {channel.id: channel for channel in before}
    changed = arranged(unit, here.standing, before, moves)
    covered = [one for one in changed if one.overwrites != old[one.id].overwrites]
    if changed:
        await store.channels.place(unit, changed)
    if covered:
        await keep(unit, guild_id, covered)
    for channel in changed:
        unit.emit(views.event(ChannelUpdate, views.channel(channel)))
    named = [channel for channel in changed if channel.id in moves]
    entries = [audit.channel_entries(unit, old[channel.id], channel) for channel in named]
    await audit.write(unit, [entry for some in entries for entry in some])


def arranged(
    unit: Unit, standing: Standing, before: Sequence[Channel], moves: Mapping[int, Move]
) -> list[Channel]:
    """Those of a guild's channels that are different after the moves, if the actor may."""
    old = {channel.id: channel for channel in before}
    after = rules.moved(before, moves)
    for channel in after:
        _require_may(unit, standing, old[channel.id], channel, old.get(channel.parent_id or 0))
    require(rules.can_stand(before, after))
    return [channel for channel in after if channel != old[channel.id]]


def _require_may(
    unit: Unit, standing: Standing, before: Channel, after: Channel, parent: Channel | None
) -> None:
    """Another category or other overwrites are a matter of the channel itself, not of its guild."""
    goes, turns = after.parent_id != before.parent_id, after.overwrites != before.overwrites
    if not goes and not turns:
        return
    granted = standing.granted(unit.now, before)
    if not holds(granted, Permission.VIEW_CHANNEL):
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    require_permission(granted, Permission.MANAGE_CHANNELS)
    if turns:
        require_permission(granted, Permission.MANAGE_ROLES)
        require(overwrites.can_change(granted, before.overwrites, after.overwrites))
    if goes and after.parent_id is not None:
        above = standing.granted(unit.now, parent) if parent else Permission(0)
        # What the actor can not see does not exist for them.
        seen = parent if holds(above, Permission.VIEW_CHANNEL) else None
        require(can_hold(after.type, seen, standing.guild_id))
        require_permission(above, Permission.MANAGE_CHANNELS)
