"""Guilds are founded, looked at, changed and ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from community_service import store, views
from community_service.actions import audit
from community_service.actions.access import access_guild, require, require_permission
from community_service.actions.members import admit
from community_service.domain.access import InGuild
from community_service.domain.audit import changes_between
from community_service.domain.channels import can_be_referred_to
from community_service.domain.discovery import DISCOVERABLE
from community_service.domain.emojis import Emoji
from community_service.domain.founding import Plan, can_found, found
from community_service.domain.guilds import (
    CHANNEL_REFERENCES,
    Guild,
    can_be_in_one_more,
    can_delete,
    can_transfer,
    settled,
    toggled,
)
from community_service.domain.people import Person
from community_service.domain.roles import Role
from community_service.tools import Unit
from contracts import limits
from contracts.errors import ErrorCode, Forbidden
from contracts.events.guild import GuildDeleted, GuildLeft, GuildUpdate
from contracts.ids import ChannelId, GuildId, UserId
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission

WholeGuild = tuple[Guild, list[Role], list[Emoji]]
"""As everybody in it sees it, but for channels and members."""


async def create(unit: Unit, guild_id: int, name: str, plan: Plan, owner: Person) -> WholeGuild:
    """Found a guild, ready to write and talk in."""
    require(can_found(plan))
    new = found(plan, guild_id=guild_id, name=name, owner_id=owner.user_id, new_id=unit.new_id)
    await store.guilds.queue_for(unit, owner.user_id)
    require(can_be_in_one_more(await store.members.count_guilds(unit, owner.user_id) + 1))
    await store.guilds.add(unit, new.guild)
    await store.roles.add(unit, *new.roles)
    if new.channels:
        await store.channels.add(unit, new.channels)
    await admit(unit, new.guild.id, owner)
    return new.guild, list(new.roles), []


async def one(unit: Unit, guild_id: int) -> WholeGuild:
    """A guild that one is in."""
    return await _whole(unit, (await access_guild(unit, guild_id)).guild)


async def mine(unit: Unit, *, before: int | None, after: int | None, limit: int) -> list[InGuild]:
    """The guilds one is in, with what one may do there."""
    page = await store.access.in_guilds(
        unit, unit.actor.user_id, before=before, after=after, limit=limit
    )
    return [InGuild(guild, standing, standing.granted(unit.now)) for guild, standing in page]


async def may_update(unit: Unit, guild_id: int) -> None:
    """Refuse who may not change it, before anybody works on pictures."""
    await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD)


async def update(unit: Unit, guild_id: int, changes: Mapping[str, Any]) -> WholeGuild:
    """Change name or settings."""
    here = await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD, for_change=True)
    named = {
        field: changes[field] for field in CHANNEL_REFERENCES if changes.get(field) is not None
    }
    if named:
        own = await store.channels.own_of(unit, guild_id, list(named.values()))
        for field, channel_id in named.items():
            require(can_be_referred_to(field, channel_id, own))
    settled_changes = settled(changes)
    await _hand_on(unit, here, settled_changes)
    await _toggle(unit, here, settled_changes)
    return await _govern(unit, here.guild, settled_changes)


async def ask_for_factor(unit: Unit, guild_id: int, level: int) -> None:
    """Ask a second factor of those who govern, or ask it no longer. Only the owner may, who has
    one.
    """
    here = await access_guild(unit, guild_id, for_change=True)
    require(can_delete(here.guild, unit.actor.user_id))
    if not unit.actor.has_second_factor:
        raise Forbidden(ErrorCode.MFA_NEEDED)
    await _govern(unit, here.guild, {"mfa_level": level})


async def _govern(unit: Unit, guild: Guild, changes: Mapping[str, Any]) -> WholeGuild:
    """Set fields, and write down what that changed."""
    whole = await set_fields(unit, guild, changes)
    changed = changes_between(views.guild(guild, (), ()), views.guild(whole[0], (), ()))
    if changed:
        await audit.record(unit, guild.id, AuditAction.GUILD_UPDATE, guild.id, changes=changed)
    return whole


async def _hand_on(unit: Unit, here: InGuild, changes: Mapping[str, Any]) -> None:
    """Let the owner name another."""
    heir_id = changes.get("owner_id", here.guild.owner_id)
    if heir_id != here.guild.owner_id:
        heir = await store.members.one(unit, here.guild.id, heir_id)
        require(can_transfer(here.guild, unit.actor.user_id, heir.person if heir else None))


async def _toggle(unit: Unit, here: InGuild, changes: dict[str, Any]) -> None:
    """Turn features; to be discoverable is to be listed."""
    if "features" not in changes:
        return
    before, after = here.guild.features, toggled(here.guild, changes["features"])
    changes["features"] = after
    if set(after) != set(before):
        require_permission(here.granted, Permission.ADMINISTRATOR)
    if DISCOVERABLE in after and DISCOVERABLE not in before:
        await store.discovery.add(unit, here.guild.id)
    if DISCOVERABLE in before and DISCOVERABLE not in after:
        await store.discovery.remove(unit, here.guild.id)


async def set_fields(unit: Unit, guild: Guild, changes: Mapping[str, Any]) -> WholeGuild:
    """Set fields of a guild that is held, and tell everybody if that changed anything."""
    after = replace(guild, **changes)
    whole = await _whole(unit, after)
    if after != guild:
        await store.guilds.change(unit, guild.id, changes)
        unit.emit(views.event(GuildUpdate, views.guild(*whole)))
    return whole


async def _whole(unit: Unit, guild: Guild) -> WholeGuild:
    roles = await store.roles.of_guild(unit, guild.id, limits.ROLES_PER_GUILD)
    return guild, roles, await store.emojis.of_guild(unit, guild.id)


async def remove(unit: Unit, guild_id: int) -> None:
    """End a guild. Its members are told in batches, by `tell_departed`."""
    here = await access_guild(unit, guild_id)
    require(can_delete(here.guild, unit.actor.user_id))
    channels = await store.channels.of_guild(unit, guild_id, limits.CHANNELS_PER_GUILD)
    await store.guilds.remove(unit, guild_id)
    ids = tuple(ChannelId(channel.id) for channel in channels)
    unit.emit(GuildDeleted(guild_id=GuildId(guild_id), channel_ids=ids))


async def tell_departed(unit: Unit, limit: int) -> int:
    """Tell some members of deleted guilds that their guild is gone; how many that were."""
    departed = await store.guilds.take_departures(unit, limit)
    for guild_id, user_id in departed:
        unit.emit(GuildLeft(id=GuildId(guild_id), user_id=UserId(user_id)))
    return len(departed)


async def member_sample(unit: Unit, guild_id: int) -> tuple[int, list[int]]:
    """How many members a guild has, and as many of them as presence is asked about."""
    count = await store.members.count(unit, guild_id)
    return count, await store.members.first_ids(unit, guild_id, limits.LARGE_GUILD)


async def member_samples(
    unit: Unit, guild_ids: Sequence[int]
) -> dict[int, tuple[int, frozenset[int]]]:
    """The same for several guilds: the more they are, the fewer of each are asked about."""
    counts = await store.members.counts(unit, guild_ids)
    most = min(limits.LARGE_GUILD, limits.PRESENCES_AT_ONCE // max(1, len(guild_ids)))
    first = await store.members.first_of_each(unit, guild_ids, most)
    return {one: (counts[one], first.get(one, frozenset())) for one in counts}
