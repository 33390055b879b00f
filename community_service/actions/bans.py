"""People are shut out of a guild, one or many, and let in again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from community_service import store, views
from community_service.actions import audit
from community_service.actions.access import access_guild, require, require_above
from community_service.actions.members import dismiss
from community_service.domain import hierarchy
from community_service.domain.access import InGuild
from community_service.domain.bans import Ban, Outcome, can_ban_stranger
from community_service.domain.people import Person
from community_service.tools import Unit
from contracts.errors import Conflict, ErrorCode, NotFound
from contracts.events.ban import GuildBanAdd, GuildBanRemove, MessagesUnwanted
from contracts.events.invite import InviteDelete
from contracts.ids import GuildId, UserId
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission


async def require_may_ban(unit: Unit, guild_id: int) -> None:
    """Turn those away who may not ban at all, before anybody else is asked."""
    await access_guild(unit, guild_id, needs=Permission.BAN_MEMBERS)


async def ban(unit: Unit, guild_id: int, person: Person, *, delete_s: int) -> None:
    """Shut somebody out, member or not. Who is shut out already stays so."""
    here = await _access(unit, guild_id, [person.user_id], needs=Permission.BAN_MEMBERS)
    await require_above(unit, here, person.user_id)
    await _shut_out(unit, here, [person], delete_s)


async def ban_many(
    unit: Unit, guild_id: int, people: dict[int, Person], asked: Sequence[int], *, delete_s: int
) -> Outcome:
    """Shut out as many of them as one may; `people` are those of them who exist."""
    needs = Permission.BAN_MEMBERS | Permission.MANAGE_GUILD
    here = await _access(unit, guild_id, asked, needs=needs)
    ranks = await store.access.ranks(unit, here.guild, asked)
    lower = [
        one
        for one in asked
        if one in people and hierarchy.can_act_on(here.standing.rank, ranks[one]) is None
    ]
    banned = await _shut_out(unit, here, [people[one] for one in lower], delete_s)
    if not banned:
        raise Conflict(ErrorCode.BULK_BAN_FAILED)
    return Outcome(
        tuple(one for one in asked if one in banned),
        tuple(one for one in asked if one not in banned),
    )


async def unban(unit: Unit, guild_id: int, user_id: int) -> None:
    """Let somebody come in again."""
    await access_guild(unit, guild_id, needs=Permission.BAN_MEMBERS, for_change=True)
    found = await store.bans.one(unit, guild_id, user_id)
    if found is None:
        raise NotFound(ErrorCode.UNKNOWN_BAN)
    await store.bans.remove(unit, guild_id, user_id)
    unit.emit(GuildBanRemove(guild_id=GuildId(guild_id), user=views.user(found.person)))
    await audit.record(unit, guild_id, AuditAction.MEMBER_BAN_REMOVE, user_id)


async def one(unit: Unit, guild_id: int, user_id: int) -> Ban:
    """A ban."""
    await access_guild(unit, guild_id, needs=Permission.BAN_MEMBERS)
    found = await store.bans.one(unit, guild_id, user_id)
    if found is None:
        raise NotFound(ErrorCode.UNKNOWN_BAN)
    return found


async def page(
    unit: Unit, guild_id: int, *, before: int | None, after: int | None, limit: int
) -> list[Ban]:
    """Bans by user id."""
    await access_guild(unit, guild_id, needs=Permission.BAN_MEMBERS)
    return await store.bans.page(unit, guild_id, before=before, after=after, limit=limit)


async def _access(
    unit: Unit, guild_id: int, user_ids: Sequence[int], *, needs: Permission
) -> InGuild:
    """The guild, with nobody of these on the way in: who joins at the same time has either come
    and is removed, or finds the ban.
    """
    await store.guilds.queue_for(unit, *user_ids)
    return await access_guild(unit, guild_id, needs=needs, for_change=True)


async def _shut_out(
    unit: Unit, here: InGuild, people: Sequence[Person], delete_s: int
) -> frozenset[int]:
    """Ban these people, and remove what they have here; those who were not banned before."""
    guild_id = here.guild.id
    wanted = [person.user_id for person in people]
    members = await store.members.by_ids(unit, guild_id, wanted)
    if len(members) < len(wanted):
        require(can_ban_stranger(await store.bans.count(unit, guild_id)))
    if not wanted:
        return frozenset()
    banned = await store.bans.add(unit, guild_id, wanted, reason=unit.reason, now=unit.now)
    for person in people:
        if person.user_id in banned:
            unit.emit(GuildBanAdd(guild_id=GuildId(guild_id), user=views.user(person)))
    action = AuditAction.MEMBER_BAN_ADD
    await audit.write(unit, [audit.entry(unit, guild_id, action, one) for one in sorted(banned)])
    await dismiss(unit, guild_id, [one for one in members if one.person.user_id in banned])
    for invite in await store.invites.remove_of(unit, guild_id, sorted(banned)):
        unit.emit(InviteDelete(guild_id=guild_id, channel_id=invite.channel_id, code=invite.code))
    if delete_s:
        since = unit.now - timedelta(seconds=delete_s)
        for user_id in sorted(banned):
            unit.emit(
                MessagesUnwanted(guild_id=GuildId(guild_id), user_id=UserId(user_id), since=since)
            )
    return banned
