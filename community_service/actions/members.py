"""Members come, are looked at, are changed, and go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from community_service import store, views
from community_service.actions import audit, profiles, roles
from community_service.actions.access import (
    access_guild,
    require,
    require_above,
)
from community_service.domain.audit import changes_between
from community_service.domain.members import (
    Member,
    can_leave,
    can_time_out,
    needed_for,
    settled,
    takes_height,
)
from community_service.domain.people import Person, search_key
from community_service.tools import Unit
from contracts import limits
from contracts.errors import ErrorCode, Forbidden, NotFound
from contracts.events.channel import ChannelUpdate
from contracts.events.guild import GuildJoined, GuildLeft
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.role import RoleDelete
from contracts.ids import GuildId, RoleId, UserId
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission
from contracts.rpc.signaling import Governing, GovernVoice

_IN_VOICE = frozenset({"mute", "deaf", "channel_id"})
"""What can be done only to somebody in voice."""


async def admit(
    unit: Unit,
    guild_id: int,
    person: Person,
    *,
    role_id: int | None = None,
    is_temporary: bool = False,
) -> Member | None:
    """Make somebody a member, and tell everybody. None: they are one already."""
    user_id = person.user_id
    if await store.bans.among_ids(unit, guild_id, [user_id]):
        raise Forbidden(ErrorCode.BANNED)
    is_new = await store.members.add(unit, guild_id, user_id, unit.now, is_temporary=is_temporary)
    if not is_new:
        return None
    if role_id is not None:
        await store.roles.give(unit, guild_id, user_id, [role_id])
    fresh = Member(guild_id, person, (role_id,) if role_id else (), unit.now)
    (member,) = await profiles.judged(unit, [fresh])
    if member != fresh:
        await store.members.change(unit, member)
    unit.emit(views.event(MemberAdd, views.member(member), guild_id=guild_id))
    unit.emit(GuildJoined(user_id=UserId(user_id), guild_id=GuildId(guild_id)))
    return member


async def leave(unit: Unit, guild_id: int) -> None:
    """Go, and leave nothing behind that would matter on coming back."""
    here = await access_guild(unit, guild_id, for_change=True)
    require(can_leave(here.guild, unit.actor.user_id))
    await dismiss(unit, guild_id, [await _known(unit, guild_id, unit.actor.user_id)])


async def kick(unit: Unit, guild_id: int, user_id: int) -> None:
    """Remove somebody, who may come again."""
    here = await access_guild(unit, guild_id, needs=Permission.KICK_MEMBERS, for_change=True)
    member = await _known(unit, guild_id, user_id)
    await require_above(unit, here, user_id)
    await dismiss(unit, guild_id, [member])
    await audit.record(unit, guild_id, AuditAction.MEMBER_KICK, user_id)


async def dismiss(unit: Unit, guild_id: int, members: Sequence[Member]) -> None:
    """End memberships with all that hangs on them: the roles that bots brought, overwrites about
    them.
    """
    if not members:
        return
    user_ids = [one.person.user_id for one in members]
    bots = [one.person.user_id for one in members if one.person.is_bot]
    brought = await store.roles.remove_of_bots(unit, guild_id, bots) if bots else []
    concerned = await store.channels.forget_targets(
        unit, guild_id, [*user_ids, *brought], limits.CHANNELS_PER_GUILD
    )
    await store.members.remove(unit, guild_id, user_ids)
    for role_id in brought:
        unit.emit(RoleDelete(guild_id=GuildId(guild_id), role_id=RoleId(role_id)))
    for channel in concerned:
        unit.emit(views.event(ChannelUpdate, views.channel(channel)))
    for one in members:
        user = views.user(one.person)
        unit.emit(MemberRemove(guild_id=GuildId(guild_id), user=user))
        unit.emit(GuildLeft(id=GuildId(guild_id), user_id=UserId(one.person.user_id)))


async def one(unit: Unit, guild_id: int, user_id: int) -> Member:
    """A fellow member."""
    await access_guild(unit, guild_id)
    return await _known(unit, guild_id, user_id)


async def page(unit: Unit, guild_id: int, *, after: int, limit: int) -> list[Member]:
    """Fellow members by user id."""
    await access_guild(unit, guild_id)
    return await store.members.page(unit, guild_id, after=after, limit=limit)


async def search(unit: Unit, guild_id: int, query: str, limit: int) -> list[Member]:
    """Fellow members of whom a name begins like this."""
    await access_guild(unit, guild_id)
    return await store.members.search(unit, guild_id, search_key(query), limit)


async def edit(unit: Unit, guild_id: int, user_id: int, changes: Mapping[str, Any]) -> Member:
    """Change a member, as far as one may: what is personal from above, roles one by one."""
    is_own = user_id == unit.actor.user_id
    needs = needed_for(changes, is_own=is_own)
    here = await access_guild(unit, guild_id, needs=needs, for_change=True)
    member = await _known(unit, guild_id, user_id)
    if takes_height(changes, is_own=is_own):
        await require_above(unit, here, user_id)
    fields = settled(changes, member)
    if fields.keys() & _IN_VOICE:
        await _govern_voice(unit, guild_id, user_id, fields)
        fields.pop("channel_id", None)
    if "timed_out_until" in fields:
        found = await store.access.in_guild(unit, guild_id, user_id)
        assert found is not None
        require(can_time_out(fields["timed_out_until"], found[1].granted(unit.now), unit.now))
    held = frozenset(fields.pop("roles", member.roles)) - {guild_id}
    after = await roles.hold(unit, here, member, held)
    return await _set(unit, member, replace(after, **fields))


async def _govern_voice(unit: Unit, guild_id: int, user_id: int, fields: Mapping[str, Any]) -> None:
    """Move somebody who is in voice, or put them out; who is to be muted has to be there, too."""
    channel_id = fields.get("channel_id")
    what = Governing.LOOK
    if "channel_id" in fields:
        what = Governing.DISCONNECT if channel_id is None else Governing.MOVE
    call = GovernVoice(
        guild_id=GuildId(guild_id),
        actor_id=unit.actor.user_id,
        user_id=UserId(user_id),
        what=what,
        channel_id=channel_id,
    )
    await unit.tools.calls.ask(call)
    if what is Governing.MOVE:
        options = {"channel_id": channel_id, "count": 1}
        await audit.record(unit, guild_id, AuditAction.MEMBER_MOVE, None, options=options)
    elif what is Governing.DISCONNECT:
        action = AuditAction.MEMBER_DISCONNECT
        await audit.record(unit, guild_id, action, None, options={"count": 1})


async def may_edit_own(
    unit: Unit, guild_id: int, changes: Collection[str], *, for_change: bool = False
) -> None:
    """Refuse who may not change how one is shown there, before anybody works on pictures."""
    needs = needed_for(changes, is_own=True)
    await access_guild(unit, guild_id, needs=needs, for_change=for_change)


async def edit_own(unit: Unit, guild_id: int, changes: Mapping[str, Any]) -> Member:
    """Change how one is shown there."""
    await may_edit_own(unit, guild_id, changes, for_change=True)
    member = await _known(unit, guild_id, unit.actor.user_id)
    return await _set(unit, member, replace(member, **settled(changes, member)))


async def _set(unit: Unit, before: Member, after: Member) -> Member:
    """Set a member to what it is now, and tell everybody if that is something else."""
    (after,) = await profiles.judged(unit, [after], has_news=after.nick != before.nick)
    if after == before:
        return before
    await store.members.change(unit, after)
    unit.emit(views.event(MemberUpdate, views.member(after), guild_id=after.guild_id))
    was, now = views.member(before), views.member(after)
    changes = changes_between(was, now, without={"user", "roles"})
    if changes:
        user_id = after.person.user_id
        await audit.record(
            unit, after.guild_id, AuditAction.MEMBER_UPDATE, user_id, changes=changes
        )
    return after


async def silence(unit: Unit, before: Member, until: datetime) -> None:
    """A rule has somebody be silent; the audit log tells of the rule."""
    after = replace(before, timed_out_until=until)
    await store.members.change(unit, after)
    unit.emit(views.event(MemberUpdate, views.member(after), guild_id=after.guild_id))


async def _known(unit: Unit, guild_id: int, user_id: int) -> Member:
    member = await store.members.one(unit, guild_id, user_id)
    if member is None:
        raise NotFound(ErrorCode.UNKNOWN_MEMBER)
    return member
