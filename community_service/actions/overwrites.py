"""What channels grant and take is changed; what is in step with its category follows it."""

from __future__ import annotations

from dataclasses import replace

from community_service import store, views
from community_service.actions import audit
from community_service.actions.access import access_channel, require, require_permission
from community_service.domain import overwrites as rules
from community_service.domain.access import InChannel
from community_service.domain.channels import Channel
from community_service.domain.overwrites import Overwrites
from community_service.tools import Unit
from contracts.errors import ErrorCode, NotFound
from contracts.events.channel import ChannelUpdate
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import Permission


async def put(unit: Unit, channel_id: int, one: ChannelOverwrite) -> None:
    """Say what a channel grants and takes for a role or a member."""
    here = await _arranging(unit, channel_id)
    asked = rules.with_one(here.channel.overwrites, one)
    await _change(unit, here, replace(here.channel, overwrites=asked))


async def remove(unit: Unit, channel_id: int, target_id: int) -> None:
    """Say nothing about a role or a member any more."""
    here = await _arranging(unit, channel_id)
    left = rules.without(here.channel.overwrites, target_id)
    if left == here.channel.overwrites:
        raise NotFound(ErrorCode.UNKNOWN_OVERWRITE)
    await _change(unit, here, replace(here.channel, overwrites=left))


async def cover(unit: Unit, here: InChannel, after: Channel) -> list[Channel]:
    """Keep the overwrites that a channel is to have, if the actor may change them so. Those of its
    channels that follow it, as they are then; whoever calls tells of all.
    """
    before = here.channel
    require_permission(here.granted, Permission.MANAGE_ROLES)
    require(rules.can_have(after.overwrites))
    require(rules.can_change(here.granted, before.overwrites, after.overwrites))
    await require_known(unit, here.guild.id, before.overwrites, after.overwrites)
    following: list[Channel] = []
    if before.type is ChannelType.CATEGORY:
        children = await store.channels.in_category(unit, before.id)
        following = rules.followers(before, after, children)
    await keep(unit, here.guild.id, [after, *following])
    return following


async def keep(unit: Unit, guild_id: int, covered: list[Channel]) -> None:
    """Keep the overwrites of channels, unless the guild then has too many."""
    await store.channels.cover(unit, covered)
    require(rules.can_keep(await store.channels.count_overwrites(unit, guild_id)))


async def require_known(unit: Unit, guild_id: int, before: Overwrites, asked: Overwrites) -> None:
    """Overwrites that come in anew are about roles and members of this guild."""
    old = {one.id for one in before}
    new = tuple(one for one in asked if one.id not in old)
    roles = [int(one.id) for one in new if one.type is OverwriteType.ROLE]
    people = [int(one.id) for one in new if one.type is OverwriteType.MEMBER]
    own_roles = await store.roles.own_of(unit, guild_id, roles) if roles else frozenset[int]()
    members = await store.members.ids(unit, guild_id, people) if people else frozenset[int]()
    require(rules.can_concern(new, own_roles, members))


async def _arranging(unit: Unit, channel_id: int) -> InChannel:
    return await access_channel(unit, channel_id, needs=Permission.MANAGE_ROLES, for_change=True)


async def _change(unit: Unit, here: InChannel, after: Channel) -> None:
    if after == here.channel:
        return
    for changed in (after, *await cover(unit, here, after)):
        unit.emit(views.event(ChannelUpdate, views.channel(changed)))
    await audit.record_channel(unit, here.channel, after)
