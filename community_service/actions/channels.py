"""Channels are made, looked at, edited and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from community_service import store, views
from community_service.actions import audit
from community_service.actions.access import (
    access_channel,
    access_guild,
    require,
    require_permission,
)
from community_service.actions.guilds import set_fields
from community_service.domain import overwrites
from community_service.domain.access import Standing
from community_service.domain.audit import changes_between
from community_service.domain.channels import (
    Channel,
    ChannelDraft,
    can_add,
    can_hold,
    can_make,
    edited,
)
from community_service.domain.guilds import CHANNEL_REFERENCES
from community_service.domain.overwrites import Overwrites
from community_service.tools import Unit
from contracts import limits
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.objects.audit import AuditAction
from contracts.objects.channel import ChannelType, OverwriteType
from contracts.permissions import Permission, holds


async def of_guild(unit: Unit, guild_id: int) -> list[Channel]:
    """The channels that the actor can see."""
    here = await access_guild(unit, guild_id)
    every = await store.channels.of_guild(unit, guild_id, limits.CHANNELS_PER_GUILD)
    return [
        channel
        for channel in every
        if holds(here.standing.granted(unit.now, channel), Permission.VIEW_CHANNEL)
    ]


async def one(unit: Unit, channel_id: int) -> Channel:
    """A channel that the actor can see."""
    return (await access_channel(unit, channel_id)).channel


async def create(unit: Unit, guild_id: int, draft: ChannelDraft) -> Channel:
    """Make a channel; without overwrites of its own it has those of its category."""
    here = await access_guild(unit, guild_id, for_change=True)
    require(can_make(draft))
    granted, inherited = here.granted, Overwrites()
    if draft.parent_id is not None:
        parent = await _parent(unit, here.standing, draft.type, draft.parent_id)
        granted, inherited = here.standing.granted(unit.now, parent), parent.overwrites
    require_permission(granted, Permission.MANAGE_CHANNELS)
    if draft.overwrites is not None:
        asked = overwrites.tidy(draft.overwrites)
        require(overwrites.can_change(granted, inherited, asked))
        await _require_known(unit, guild_id, inherited, asked)
        draft = replace(draft, overwrites=asked)
    count, last = await store.channels.census(unit, guild_id, draft.parent_id)
    require(can_add(count))
    channel = draft.made(unit.new_id(), guild_id, last, inherited)
    await store.channels.add(unit, [channel])
    unit.emit(views.event(ChannelCreate, views.channel(channel)))
    made = changes_between(None, views.channel(channel))
    await audit.record(unit, guild_id, AuditAction.CHANNEL_CREATE, channel.id, changes=made)
    return channel


async def edit(unit: Unit, channel_id: int, changes: Mapping[str, Any]) -> Channel:
    """Change some fields. Only what one holds oneself can be granted or denied."""
    here = await access_channel(unit, channel_id, needs=Permission.MANAGE_CHANNELS, for_change=True)
    before = here.channel
    after = edited(before, changes)
    after = replace(after, overwrites=overwrites.tidy(after.overwrites))
    if after.parent_id is not None and after.parent_id != before.parent_id:
        parent = await _parent(unit, here.standing, before.type, after.parent_id)
        require_permission(here.standing.granted(unit.now, parent), Permission.MANAGE_CHANNELS)
    has_new_overwrites = after.overwrites != before.overwrites
    if has_new_overwrites:
        require_permission(here.granted, Permission.MANAGE_ROLES)
        require(overwrites.can_change(here.granted, before.overwrites, after.overwrites))
        await _require_known(unit, here.guild.id, before.overwrites, after.overwrites)
    if after != before:
        await store.channels.change(unit, after, with_overwrites=has_new_overwrites)
        unit.emit(views.event(ChannelUpdate, views.channel(after)))
        await audit.record_channel(unit, before, after)
    return after


async def remove(unit: Unit, channel_id: int) -> Channel:
    """Delete a channel. What was in a category stays, by itself; the guild forgets the channel."""
    here = await access_channel(unit, channel_id, needs=Permission.MANAGE_CHANNELS, for_change=True)
    for child in await store.channels.remove(unit, channel_id):
        unit.emit(views.event(ChannelUpdate, views.channel(child)))
    unit.emit(views.event(ChannelDelete, views.channel(here.channel)))
    gone = changes_between(views.channel(here.channel), None)
    await audit.record(unit, here.guild.id, AuditAction.CHANNEL_DELETE, channel_id, changes=gone)
    lost = {name: None for name in CHANNEL_REFERENCES if getattr(here.guild, name) == channel_id}
    if lost:
        await set_fields(unit, here.guild, lost)
    return here.channel


async def _parent(unit: Unit, standing: Standing, kind: ChannelType, parent_id: int) -> Channel:
    """The category, if the actor can see it and it can hold such a channel."""
    parent = await store.channels.by_id(unit, parent_id)
    if parent is not None and not holds(
        standing.granted(unit.now, parent), Permission.VIEW_CHANNEL
    ):
        parent = None
    require(can_hold(kind, parent, standing.guild_id))
    assert parent is not None
    return parent


async def _require_known(unit: Unit, guild_id: int, before: Overwrites, asked: Overwrites) -> None:
    """Overwrites that come in anew are about roles and members of this guild."""
    old = {one.id for one in before}
    new = tuple(one for one in asked if one.id not in old)
    roles = [int(one.id) for one in new if one.type is OverwriteType.ROLE]
    people = [int(one.id) for one in new if one.type is OverwriteType.MEMBER]
    own_roles = await store.roles.own_of(unit, guild_id, roles) if roles else frozenset[int]()
    members = await store.members.ids(unit, guild_id, people) if people else frozenset[int]()
    require(overwrites.can_concern(new, own_roles, members))
