"""What members call themselves is held against the rule of their guild about names: who comes, who
takes another name, and who was blocked when the rule changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from community_service import store, views
from community_service.actions import audit
from community_service.domain.audit import Entry
from community_service.domain.automod import Offence, Rule, offence
from community_service.domain.members import Member
from community_service.tools import Unit
from contracts.events.automod import AutoModActionExecution, ProfileFlagged
from contracts.events.member import MemberUpdate
from contracts.ids import GuildId, Snowflake, UserId
from contracts.objects.audit import AuditAction
from contracts.objects.automod import ActionType, AutoModAction
from contracts.objects.member import QUARANTINED
from contracts.permissions import Permission, holds

_FREED_AT_ONCE = 1_000


async def judged(unit: Unit, members: Sequence[Member], *, has_news: bool = True) -> list[Member]:
    """The members, each blocked or free as the rule of their guild says; they have yet to be stored
    and told. `has_news`: what they call themselves is another name than before.
    """
    rules = await store.automod.about_names(unit, {one.guild_id for one in members})
    return [await _judged(unit, one, rules.get(one.guild_id), has_news=has_news) for one in members]


async def free(unit: Unit, guild_id: int) -> None:
    """A rule is another one, or gone: who does not set it off any more is blocked no longer."""
    blocked = await store.members.flagged(unit, guild_id, QUARANTINED, _FREED_AT_ONCE)
    for before, after in zip(blocked, await judged(unit, blocked, has_news=False), strict=True):
        if after != before:
            await store.members.change(unit, after)
            unit.emit(views.event(MemberUpdate, views.member(after), guild_id=guild_id))


async def _judged(unit: Unit, member: Member, rule: Rule | None, *, has_news: bool) -> Member:
    found = None if rule is None else await _offence(unit, member, rule)
    if rule is None or found is None:
        return replace(member, flags=member.flags & ~QUARANTINED)
    blocks = any(one["type"] == ActionType.BLOCK_MEMBER_INTERACTION for one in rule.actions)
    if has_news or (blocks and not member.flags & QUARANTINED):
        await _carry_out(unit, member, rule, found)
    held = QUARANTINED if blocks else 0
    return replace(member, flags=member.flags & ~QUARANTINED | held)


async def _offence(unit: Unit, member: Member, rule: Rule) -> Offence | None:
    person = member.person
    if person.is_bot or set(rule.exempt_roles) & set(member.roles):
        return None
    found = offence(rule, (member.nick, person.global_name, person.username))
    if found is None:
        return None
    here = await store.access.in_guild(unit, member.guild_id, person.user_id)
    if here is None:
        return found
    granted = replace(here[1], flags=0, timed_out_until=None).granted(unit.now)
    return None if holds(granted, Permission.MANAGE_GUILD) else found


async def _carry_out(unit: Unit, member: Member, rule: Rule, found: Offence) -> None:
    guild_id, user = GuildId(member.guild_id), views.user(member.person)
    for kept in rule.actions:
        action = AutoModAction.model_validate(kept)
        if action.type is ActionType.SEND_ALERT_MESSAGE:
            alert = ProfileFlagged(
                guild_id=guild_id,
                user=user,
                rule=views.automod_rule(rule),
                action=action,
                content=found.name,
                matched_keyword=found.keyword,
                matched_content=found.matched,
            )
            unit.emit(alert)
            continue
        done = AutoModActionExecution(
            guild_id=guild_id,
            action=action,
            rule_id=Snowflake(rule.id),
            rule_trigger_type=rule.trigger,
            user_id=UserId(user.id),
            content=found.name,
            matched_keyword=found.keyword,
            matched_content=found.matched,
        )
        unit.emit(done)
        await audit.write(unit, [_entry(unit, member, rule)])


def _entry(unit: Unit, member: Member, rule: Rule) -> Entry:
    return Entry(
        id=unit.new_id(),
        guild_id=member.guild_id,
        actor_id=member.person.user_id,
        action=AuditAction.AUTO_MODERATION_QUARANTINE_USER,
        target_id=member.person.user_id,
        reason=None,
        options={
            "auto_moderation_rule_name": rule.name,
            "auto_moderation_rule_trigger_type": str(int(rule.trigger)),
        },
    )
