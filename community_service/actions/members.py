"""Members come, are looked at, and go."""

from __future__ import annotations

from community_service import store, views
from community_service.actions.access import access_guild, require
from community_service.domain.members import Member, can_leave
from community_service.domain.people import Person
from community_service.tools import Unit
from contracts import limits
from contracts.errors import ErrorCode, NotFound
from contracts.events.channel import ChannelUpdate
from contracts.events.guild import GuildJoined, GuildLeft
from contracts.events.member import MemberAdd, MemberRemove
from contracts.events.role import RoleDelete
from contracts.ids import GuildId, RoleId, UserId


async def admit(
    unit: Unit, guild_id: int, person: Person, *, role_id: int | None = None
) -> Member | None:
    """Make somebody a member, and tell everybody. None: they are one already."""
    if not await store.members.add(unit, guild_id, person.user_id, unit.now):
        return None
    if role_id is not None:
        await store.roles.give(unit, guild_id, person.user_id, [role_id])
    member = Member(guild_id, person, (role_id,) if role_id else (), unit.now)
    unit.emit(views.event(MemberAdd, views.member(member), guild_id=guild_id))
    unit.emit(GuildJoined(user_id=UserId(person.user_id), guild_id=GuildId(guild_id)))
    return member


async def leave(unit: Unit, guild_id: int) -> None:
    """Go, and leave nothing behind that would matter on coming back."""
    here = await access_guild(unit, guild_id, for_change=True)
    require(can_leave(here.guild, unit.actor.user_id))
    member = await store.members.one(unit, guild_id, unit.actor.user_id)
    assert member is not None
    await dismiss(unit, member)


async def dismiss(unit: Unit, member: Member) -> None:
    """End a membership with all that hangs on it: the roles a bot brought, overwrites about it."""
    guild_id, user_id = member.guild_id, member.person.user_id
    brought = await store.roles.remove_of_bot(unit, guild_id, user_id)
    concerned = await store.channels.forget_targets(
        unit, guild_id, [user_id, *brought], limits.CHANNELS_PER_GUILD
    )
    await store.members.remove(unit, guild_id, user_id)
    for role_id in brought:
        unit.emit(RoleDelete(guild_id=GuildId(guild_id), role_id=RoleId(role_id)))
    for channel in concerned:
        unit.emit(views.event(ChannelUpdate, views.channel(channel)))
    unit.emit(MemberRemove(guild_id=GuildId(guild_id), user=views.user(member.person)))
    unit.emit(GuildLeft(id=GuildId(guild_id), user_id=UserId(user_id)))


async def one(unit: Unit, guild_id: int, user_id: int) -> Member:
    """A fellow member."""
    await access_guild(unit, guild_id)
    member = await store.members.one(unit, guild_id, user_id)
    if member is None:
        raise NotFound(ErrorCode.UNKNOWN_MEMBER)
    return member


async def page(unit: Unit, guild_id: int, *, after: int, limit: int) -> list[Member]:
    """Fellow members by user id."""
    await access_guild(unit, guild_id)
    return await store.members.page(unit, guild_id, after=after, limit=limit)
