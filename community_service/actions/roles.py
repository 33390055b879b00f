"""Roles are made, looked at, edited, ordered and deleted, and members come to hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from community_service import store, views
from community_service.actions import audit, emojis, profiles
from community_service.actions.access import access_guild, require, require_permission
from community_service.domain import hierarchy
from community_service.domain import roles as rules
from community_service.domain.access import InGuild
from community_service.domain.audit import changes_between
from community_service.domain.members import Member
from community_service.domain.roles import Role
from community_service.tools import Unit
from contracts import limits
from contracts.errors import ErrorCode, NotFound
from contracts.events.channel import ChannelUpdate
from contracts.events.member import MemberUpdate
from contracts.events.role import RoleCreate, RoleDelete, RoleUpdate
from contracts.ids import GuildId, RoleId
from contracts.objects.audit import AuditAction, AuditChange
from contracts.permissions import Permission


async def of_guild(unit: Unit, guild_id: int) -> list[Role]:
    """All roles, from the lowest."""
    await access_guild(unit, guild_id)
    return await store.roles.of_guild(unit, guild_id, limits.ROLES_PER_GUILD)


async def one(unit: Unit, guild_id: int, role_id: int) -> Role:
    """A role."""
    await access_guild(unit, guild_id)
    return await _known(unit, guild_id, role_id)


async def member_counts(unit: Unit, guild_id: int) -> dict[int, int]:
    """How many members hold each role."""
    await access_guild(unit, guild_id)
    return await store.roles.member_counts(unit, guild_id)


async def may_arrange(unit: Unit, guild_id: int) -> None:
    """Refuse who may not change roles at all, before anybody works on pictures."""
    await access_guild(unit, guild_id, needs=Permission.MANAGE_ROLES)


async def create(unit: Unit, guild_id: int, role_id: int, wanted: Mapping[str, Any]) -> Role:
    """Make a role, which nobody holds yet."""
    here = await _arranging(unit, guild_id)
    everyones = here.standing.permissions[guild_id]
    role = rules.made(role_id, guild_id, everyones, wanted)
    require(rules.can_hand_on(here.granted, 0, role.permissions))
    require(rules.can_add(await store.roles.count(unit, guild_id)))
    await store.roles.add(unit, role)
    await _record(unit, AuditAction.ROLE_CREATE, None, role)
    unit.emit(RoleCreate(guild_id=GuildId(guild_id), role=views.role(role)))
    return role


async def edit(unit: Unit, guild_id: int, role_id: int, changes: Mapping[str, Any]) -> Role:
    """Change some fields of a role that is below one's own."""
    here = await _arranging(unit, guild_id)
    before = await _known(unit, guild_id, role_id)
    after = rules.edited(before, changes)
    require(hierarchy.can_act_on(here.standing.rank, before.rank))
    require(rules.can_become(before, after))
    require(rules.can_hand_on(here.granted, before.permissions, after.permissions))
    if after != before:
        await store.roles.change(unit, after)
        await _record(unit, AuditAction.ROLE_UPDATE, before, after)
        unit.emit(RoleUpdate(guild_id=GuildId(guild_id), role=views.role(after)))
    return after


async def reorder(unit: Unit, guild_id: int, places: Mapping[int, int]) -> list[Role]:
    """Move any number of roles at once; all of them, as they stand then."""
    here = await _arranging(unit, guild_id)
    before = await store.roles.of_guild(unit, guild_id, limits.ROLES_PER_GUILD)
    require(rules.known(before, places))
    after = rules.reordered(before, places)
    require(rules.can_reorder(here.standing.rank, before, after))
    told = rules.to_tell(before, after) if places else []
    if told:
        await store.roles.place(unit, told)
        await _record_moves(unit, {role.id: role for role in before}, told)
    for role in told:
        unit.emit(RoleUpdate(guild_id=GuildId(guild_id), role=views.role(role)))
    return after if told else before


async def remove(unit: Unit, guild_id: int, role_id: int) -> None:
    """Delete a role, with what channels and emojis said about it."""
    here = await _arranging(unit, guild_id)
    role = await _known(unit, guild_id, role_id)
    require(rules.can_remove(role))
    require(hierarchy.can_act_on(here.standing.rank, role.rank))
    concerned = await store.channels.forget_targets(
        unit, guild_id, [role_id], limits.CHANNELS_PER_GUILD
    )
    await store.roles.remove(unit, role_id)
    await emojis.forget_role(unit, guild_id, role_id)
    await _record(unit, AuditAction.ROLE_DELETE, role, None)
    unit.emit(RoleDelete(guild_id=GuildId(guild_id), role_id=RoleId(role_id)))
    for channel in concerned:
        unit.emit(views.event(ChannelUpdate, views.channel(channel)))


async def give(unit: Unit, guild_id: int, user_id: int, role_id: int) -> None:
    """Let a member hold a role."""
    await _hand(unit, guild_id, user_id, given={role_id})


async def take(unit: Unit, guild_id: int, user_id: int, role_id: int) -> None:
    """Let a member hold a role no more."""
    await _hand(unit, guild_id, user_id, taken={role_id})


async def hold(unit: Unit, here: InGuild, member: Member, wanted: Set[int]) -> Member:
    """Let a member of a guild that is held for change hold these roles and no others. Whoever calls
    tells of the change.
    """
    held = frozenset(member.roles)
    if wanted == held:
        return member
    require_permission(here.granted, Permission.MANAGE_ROLES)
    return await _pass(unit, here, member, given=wanted - held, taken=held - wanted)


async def _pass(
    unit: Unit,
    here: InGuild,
    member: Member,
    *,
    given: Set[int] = frozenset(),
    taken: Set[int] = frozenset(),
) -> Member:
    """The member afterwards. What they hold already is given to them harmlessly, but not to those
    who may not.
    """
    found = await store.roles.by_ids(unit, here.guild.id, given | taken)
    require(rules.known(found, given | taken))
    require(rules.can_pass(here.standing.rank, found))
    for role in found:
        if role.id in given:
            require(rules.can_hand_on(here.granted, 0, role.permissions))
    await store.roles.give(unit, here.guild.id, member.person.user_id, sorted(given))
    await store.roles.take(unit, member.person.user_id, sorted(taken))
    after = replace(member, roles=tuple(sorted(set(member.roles) - taken | given)))
    if after != member:
        await _record_holding(unit, member, after, found)
    return after


async def _hand(unit: Unit, guild_id: int, user_id: int, **roles: Set[int]) -> None:
    here = await _arranging(unit, guild_id)
    before = await store.members.one(unit, guild_id, user_id)
    if before is None:
        raise NotFound(ErrorCode.UNKNOWN_MEMBER)
    after = await _pass(unit, here, before, **roles)
    if after != before:
        # Roles may exempt from the rule about names.
        (judged,) = await profiles.judged(unit, [after], has_news=False)
        if judged != after:
            await store.members.change(unit, judged)
        unit.emit(views.event(MemberUpdate, views.member(judged), guild_id=guild_id))


async def _record(unit: Unit, action: AuditAction, before: Role | None, after: Role | None) -> None:
    role = after or before
    assert role is not None
    changes = changes_between(
        views.role(before) if before else None, views.role(after) if after else None
    )
    await audit.record(unit, role.guild_id, action, role.id, changes=changes)


async def _record_moves(unit: Unit, before: Mapping[int, Role], moved: Sequence[Role]) -> None:
    entries = []
    for role in moved:
        changes = changes_between(views.role(before[role.id]), views.role(role))
        if changes:
            action = AuditAction.ROLE_UPDATE
            entries.append(audit.entry(unit, role.guild_id, action, role.id, changes=changes))
    await audit.write(unit, entries)


async def _record_holding(
    unit: Unit, before: Member, after: Member, concerned: Sequence[Role]
) -> None:
    """As clients know it: which roles were added and removed, with their names."""
    held, holds_now = set(before.roles), set(after.roles)
    changes = []
    for key, passed in (("$add", holds_now - held), ("$remove", held - holds_now)):
        named = [{"id": str(one.id), "name": one.name} for one in concerned if one.id in passed]
        if named:
            changes.append(AuditChange(key=key, new_value=named))
    action, target = AuditAction.MEMBER_ROLE_UPDATE, after.person.user_id
    await audit.record(unit, after.guild_id, action, target, changes=tuple(changes))


async def _arranging(unit: Unit, guild_id: int) -> InGuild:
    return await access_guild(unit, guild_id, needs=Permission.MANAGE_ROLES, for_change=True)


async def _known(unit: Unit, guild_id: int, role_id: int) -> Role:
    found = await store.roles.by_ids(unit, guild_id, [role_id])
    require(rules.known(found, [role_id]))
    return found[0]
