"""Rules of automatic moderation are made, looked at, edited and deleted. chat_service goes by them:
they travel with the facts about a guild.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from community_service import store, views
from community_service.actions import audit, members, profiles
from community_service.actions.access import access_guild, require
from community_service.domain.audit import changes_between
from community_service.domain.automod import Rule, can_add, can_be, complete
from community_service.tools import Unit
from contracts import limits
from contracts.errors import Invalid, NotFound
from contracts.events.audit import Governed
from contracts.events.automod import AutoModRuleCreate, AutoModRuleDelete, AutoModRuleUpdate
from contracts.events.base import Event
from contracts.objects.audit import AuditAction
from contracts.objects.automod import Trigger
from contracts.permissions import Permission


async def of_guild(unit: Unit, guild_id: int) -> list[Rule]:
    """All of a guild."""
    await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD)
    return await store.automod.of_guild(unit, guild_id)


async def one(unit: Unit, guild_id: int, rule_id: int) -> Rule:
    """One of them."""
    return _among(await of_guild(unit, guild_id), rule_id)


async def create(unit: Unit, guild_id: int, trigger: Trigger, said: Mapping[str, Any]) -> Rule:
    """Make a rule."""
    here = await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD, for_change=True)
    require(can_add(trigger, await store.automod.of_guild(unit, guild_id)))
    fresh = Rule(
        id=unit.new_id(),
        guild_id=guild_id,
        creator_id=unit.actor.user_id,
        trigger=trigger,
        **{**said, "metadata": complete(trigger, said.get("metadata") or {})},
    )
    require(can_be(fresh, here.granted))
    await _require_own_channels(unit, fresh)
    await store.automod.add(unit, fresh)
    await _record(unit, AuditAction.AUTO_MODERATION_RULE_CREATE, None, fresh)
    _tell(unit, AutoModRuleCreate, fresh)
    return fresh


async def edit(unit: Unit, guild_id: int, rule_id: int, said: Mapping[str, Any]) -> Rule:
    """Change a rule; what it looks for stays of its kind."""
    here = await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD, for_change=True)
    before = _among(await store.automod.of_guild(unit, guild_id), rule_id)
    changes = dict(said)
    if "metadata" in changes:
        changes["metadata"] = complete(before.trigger, {**before.metadata, **changes["metadata"]})
    after = replace(before, **changes)
    require(can_be(after, here.granted))
    await _require_own_channels(unit, after)
    if after != before:
        await store.automod.change(unit, after)
        await _record(unit, AuditAction.AUTO_MODERATION_RULE_UPDATE, before, after)
        _tell(unit, AutoModRuleUpdate, after)
        await _free(unit, after)
    return after


async def remove(unit: Unit, guild_id: int, rule_id: int) -> None:
    """Delete a rule."""
    await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD, for_change=True)
    gone = _among(await store.automod.of_guild(unit, guild_id), rule_id)
    await store.automod.remove(unit, rule_id)
    await _record(unit, AuditAction.AUTO_MODERATION_RULE_DELETE, gone, None)
    _tell(unit, AutoModRuleDelete, gone)
    await _free(unit, gone)


async def _free(unit: Unit, rule: Rule) -> None:
    if rule.trigger is Trigger.MEMBER_PROFILE:
        await profiles.free(unit, rule.guild_id)


async def silence(unit: Unit, deed: Governed) -> None:
    """A rule wants somebody to be silent for a while; who is silent for longer stays so."""
    if deed.target_id is None:
        return
    member = await store.members.one(unit, deed.guild_id, deed.target_id)
    until = unit.now + timedelta(seconds=deed.silence_s)
    if member is not None and (member.timed_out_until or unit.now) < until:
        await members.silence(unit, member, until)


async def _require_own_channels(unit: Unit, rule: Rule) -> None:
    """Alerts go to channels of the guild."""
    if not rule.alerts:
        return
    present = await store.channels.of_guild(unit, rule.guild_id, limits.CHANNELS_PER_GUILD)
    if not set(rule.alerts) <= {channel.id for channel in present}:
        raise Invalid({"actions": ("CHANNEL_NOT_FOUND", "Unknown channel for alerts.")})


def _among(found: list[Rule], rule_id: int) -> Rule:
    for rule in found:
        if rule.id == rule_id:
            return rule
    raise NotFound


async def _record(unit: Unit, action: AuditAction, before: Rule | None, after: Rule | None) -> None:
    rule = after or before
    assert rule is not None
    looks = [views.automod_rule(one) if one else None for one in (before, after)]
    changes = changes_between(*looks, without={"creator_id"})
    await audit.record(unit, rule.guild_id, action, rule.id, changes=changes)


def _tell(unit: Unit, event: type[Event], rule: Rule) -> None:
    unit.emit(views.event(event, views.automod_rule(rule)))
