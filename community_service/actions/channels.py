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
from community_service.actions.arrangement import arranged
from community_service.actions.guilds import set_fields
from community_service.actions.overwrites import cover, require_known
from community_service.actions.scheduled_events import remove_in
from community_service.domain import overwrites
from community_service.domain.access import Standing
from community_service.domain.arrangement import Move
from community_service.domain.audit import changes_between
from community_service.domain.channels import (
    Channel,
    ChannelDraft,
    can_add,
    can_become,
    can_hold,
    can_make,
    can_take_in,
    copy_of,
    edited,
    tagged,
)
from community_service.domain.guilds import CHANNEL_REFERENCES
from community_service.domain.overwrites import Overwrites
from community_service.tools import Unit
from contracts import limits
from contracts.errors import Invalid
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.objects.audit import AuditAction
from contracts.objects.channel import ChannelType
from contracts.permissions import Permission, holds
from contracts.rpc.signaling import ListRegions

_OF_PLACE = frozenset({"position", "parent_id"})


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
    await _require_region(unit, draft.more.get("rtc_region"))
    if draft.overwrites is not None:
        asked = overwrites.tidy(draft.overwrites)
        require(overwrites.can_change(granted, inherited, asked))
        await require_known(unit, guild_id, inherited, asked)
        draft = replace(draft, overwrites=asked)
    count, beside, last = await store.channels.census(unit, guild_id, draft.parent_id)
    require(can_add(count))
    if draft.parent_id is not None:
        require(can_take_in(beside + 1))
    channel = draft.made(unit.new_id(), guild_id, last, inherited)
    if channel.available_tags:
        fresh = tagged(channel.available_tags, unit.new_id)
        channel = replace(channel, available_tags=fresh)
    require(can_become(channel, channel))
    await store.channels.add(unit, [channel])
    if channel.overwrites:
        require(overwrites.can_keep(await store.channels.count_overwrites(unit, guild_id)))
    unit.emit(views.event(ChannelCreate, views.channel(channel)))
    made = changes_between(None, views.channel(channel))
    await audit.record(unit, guild_id, AuditAction.CHANNEL_CREATE, channel.id, changes=made)
    if channel.position != last:
        await _give_way(unit, here.standing, channel)
    return channel


async def clone(unit: Unit, channel_id: int, name: str | None) -> Channel:
    """Make a channel like another one, in the same category."""
    here = await access_channel(unit, channel_id, for_change=True)
    return await create(unit, here.guild.id, copy_of(here.channel, name))


async def edit(unit: Unit, channel_id: int, changes: Mapping[str, Any]) -> Channel:
    """Change some fields. Only what one holds oneself can be granted or denied."""
    here = await access_channel(unit, channel_id, needs=Permission.MANAGE_CHANNELS, for_change=True)
    before = here.channel
    fields = {name: changes[name] for name in changes.keys() - _OF_PLACE}
    if fields.get("available_tags"):
        fields["available_tags"] = tagged(fields["available_tags"], unit.new_id)
    after = edited(before, fields)
    after = replace(after, overwrites=overwrites.tidy(after.overwrites))
    require(can_become(before, after))
    if after.rtc_region != before.rtc_region:
        await _require_region(unit, after.rtc_region)
    others: list[Channel] = []
    if changes.keys() & _OF_PLACE:
        others = await _moved(unit, here.standing, before, changes)
        moved = next((one for one in others if one.id == before.id), before)
        others = [one for one in others if one.id != before.id]
        after = replace(after, position=moved.position, parent_id=moved.parent_id)
    if after != before:
        await store.channels.change(unit, after)
    if others:
        await store.channels.place(unit, others)
    if after.overwrites != before.overwrites:
        others += await cover(unit, here, after)
    for changed in (after, *others):
        if changed != before:
            unit.emit(views.event(ChannelUpdate, views.channel(changed)))
    await audit.record_channel(unit, before, after)
    return after


async def remove(unit: Unit, channel_id: int) -> Channel:
    """Delete a channel. What was in a category stays, by itself; the guild forgets the channel."""
    here = await access_channel(unit, channel_id, needs=Permission.MANAGE_CHANNELS, for_change=True)
    await remove_in(unit, here.channel)
    for child in await store.channels.remove(unit, channel_id):
        unit.emit(views.event(ChannelUpdate, views.channel(child)))
    unit.emit(views.event(ChannelDelete, views.channel(here.channel)))
    gone = changes_between(views.channel(here.channel), None)
    await audit.record(unit, here.guild.id, AuditAction.CHANNEL_DELETE, channel_id, changes=gone)
    lost = {name: None for name in CHANNEL_REFERENCES if getattr(here.guild, name) == channel_id}
    if lost:
        await set_fields(unit, here.guild, lost)
    return here.channel


async def _require_region(unit: Unit, wanted: str | None) -> None:
    """Voice is spoken in places that signaling_service knows."""
    if wanted is None:
        return
    known = (await unit.tools.calls.ask(ListRegions())).ids
    if wanted not in known:
        choices = ", ".join(repr(one) for one in known)
        raise Invalid({"rtc_region": ("BASE_TYPE_CHOICES", f"Value must be one of ({choices}).")})


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


async def _moved(
    unit: Unit, standing: Standing, channel: Channel, changes: Mapping[str, Any]
) -> list[Channel]:
    """The channel where it is to be, and those that give way; without those that need not."""
    every = await store.channels.of_guild(unit, channel.guild_id, limits.CHANNELS_PER_GUILD)
    wanted = Move(
        position=changes.get("position"),
        changes_parent="parent_id" in changes,
        parent_id=changes.get("parent_id"),
    )
    return arranged(unit, standing, every, {channel.id: wanted})


async def _give_way(unit: Unit, standing: Standing, channel: Channel) -> None:
    """Others make room for a channel that was made among them."""
    others = await _moved(unit, standing, channel, {"position": channel.position})
    if others:
        await store.channels.place(unit, others)
    for other in others:
        unit.emit(views.event(ChannelUpdate, views.channel(other)))
