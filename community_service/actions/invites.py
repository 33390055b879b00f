"""Invites are made, looked at, redeemed and revoked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from community_service import store, views
from community_service.actions import audit, people
from community_service.actions.access import access_channel, access_guild, require
from community_service.actions.members import admit
from community_service.domain.audit import changes_between
from community_service.domain.channels import Channel
from community_service.domain.guilds import Guild, can_be_in_one_more
from community_service.domain.invites import (
    CODE_BITS,
    Invite,
    Terms,
    can_add,
    can_lead_to,
    can_revoke,
    code_from,
    draft,
    is_code,
    worn_after,
)
from community_service.domain.people import Person
from community_service.tools import Tools, Unit
from contracts.errors import ErrorCode, NotFound
from contracts.events.invite import InviteDelete
from contracts.identity import Identity, Kind
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission

LISTED = 1_000


@dataclass(frozen=True, slots=True)
class FullInvite:
    """An invite with what it leads to and who made it."""

    invite: Invite
    guild: Guild
    channel: Channel
    inviter: Person | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What redeeming an invite came to."""

    by: FullInvite
    is_new: bool


async def create(unit: Unit, channel_id: int, terms: Terms, *, is_unique: bool) -> FullInvite:
    """Make an invite, or hand out one's own on the same terms again."""
    here = await access_channel(unit, channel_id, needs=Permission.CREATE_INSTANT_INVITE)
    require(can_lead_to(here.channel.type))
    fresh = draft(
        code_from(unit.tools.random_bits(CODE_BITS)),
        guild_id=here.guild.id,
        channel_id=channel_id,
        inviter_id=unit.actor.user_id,
        terms=terms,
        now=unit.now,
    )
    inviter = (await store.people.by_ids(unit, [unit.actor.user_id])).get(unit.actor.user_id)
    if not is_unique:
        alike = await store.invites.alike(
            unit, fresh, ending_after=worn_after(terms, unit.now), now=unit.now
        )
        if alike is not None:
            return FullInvite(alike, here.guild, here.channel, inviter)
    require(can_add(await store.invites.count(unit, here.guild.id)))
    await store.invites.add(unit, fresh)
    unit.emit(views.invite_create(fresh, inviter))
    made = changes_between(None, views.audited_invite(fresh))
    await audit.record(unit, here.guild.id, AuditAction.INVITE_CREATE, None, changes=made)
    return FullInvite(fresh, here.guild, here.channel, inviter)


async def of_channel(unit: Unit, channel_id: int) -> list[FullInvite]:
    """Invites by way of one channel."""
    here = await access_channel(unit, channel_id, needs=Permission.MANAGE_CHANNELS)
    found = await store.invites.of_channel(unit, channel_id, now=unit.now, limit=LISTED)
    return await _listed(unit, found, here.guild, {channel_id: here.channel})


async def of_guild(unit: Unit, guild_id: int) -> list[FullInvite]:
    """Invites into a guild, but for those by way of channels that the actor can not see."""
    here = await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD)
    found = await store.invites.of_guild(unit, guild_id, now=unit.now, limit=LISTED)
    every = await store.channels.by_ids(unit, sorted({one.channel_id for one in found}))
    visible = {
        channel.id: channel
        for channel in every
        if Permission.VIEW_CHANNEL in here.standing.granted(unit.now, channel)
    }
    return await _listed(unit, found, here.guild, visible)


async def look(unit: Unit, code: str) -> FullInvite:
    """An invite that is open, for whoever has its code."""
    invite = await _known(unit, code)
    if not invite.is_open(unit.now):
        raise NotFound(ErrorCode.UNKNOWN_INVITE)
    guild = await store.guilds.by_id(unit, invite.guild_id)
    return await _full(unit, invite, guild)


async def as_shown(tools: Tools, found: FullInvite, viewer: Identity) -> FullInvite:
    """An invite as somebody may see it: nobody meets a person there with whom they are cut off."""
    if found.inviter is None or viewer.kind is not Kind.USER:
        return found
    is_cut = await people.are_cut_off(tools, viewer.user_id, found.inviter.user_id)
    return replace(found, inviter=None) if is_cut else found


async def redeemable(unit: Unit, code: str) -> Invite:
    """An invite that the actor could redeem now. One that is used up still leads its members in."""
    invite = await _known(unit, code)
    if invite.is_expired(unit.now):
        raise NotFound(ErrorCode.UNKNOWN_INVITE)
    is_used_up, user_id = not invite.is_open(unit.now), unit.actor.user_id
    if is_used_up and not await store.members.ids(unit, invite.guild_id, [user_id]):
        raise NotFound(ErrorCode.UNKNOWN_INVITE)
    return invite


async def redeem(unit: Unit, code: str, person: Person) -> Arrival:
    """Become a member, once, however many try at the same time.

    Who is a member already uses nothing up, so a repeated request is harmless.
    """
    await store.guilds.queue_for(unit, person.user_id)
    invite = await redeemable(unit, code)
    guild = await store.guilds.keep_alive(unit, invite.guild_id)
    if guild is None:
        raise NotFound(ErrorCode.UNKNOWN_INVITE)
    member = await admit(unit, guild.id, person, is_temporary=invite.terms.is_temporary)
    if member is not None:
        if await store.invites.use(unit, code, unit.now) is None:
            raise NotFound(ErrorCode.UNKNOWN_INVITE)
        require(can_be_in_one_more(await store.members.count_guilds(unit, person.user_id)))
    return Arrival(await _full(unit, invite, guild), is_new=member is not None)


async def revoke(unit: Unit, code: str) -> FullInvite:
    """Delete an invite. Strangers do not learn whether there is one."""
    invite = await _known(unit, code)
    found = await store.access.in_channel(unit, invite.channel_id, unit.actor.user_id)
    if found is None or found[2].joined_at is None:
        raise NotFound(ErrorCode.UNKNOWN_INVITE)
    channel, guild, standing = found
    require(
        can_revoke(
            invite,
            unit.actor.user_id,
            standing.granted(unit.now, channel),
            standing.granted(unit.now),
        )
    )
    await store.invites.remove(unit, code)
    unit.emit(InviteDelete(guild_id=guild.id, channel_id=invite.channel_id, code=code))
    gone = changes_between(views.audited_invite(invite), None)
    await audit.record(unit, guild.id, AuditAction.INVITE_DELETE, None, changes=gone)
    return await _full(unit, invite, guild)


async def clear_worn(unit: Unit, limit: int) -> int:
    """Delete some of the invites that let nobody in any more; how many that were."""
    return await store.invites.remove_worn(unit, unit.now, limit)


async def _known(unit: Unit, code: str) -> Invite:
    invite = await store.invites.by_code(unit, code) if is_code(code) else None
    if invite is None:
        raise NotFound(ErrorCode.UNKNOWN_INVITE)
    return invite


async def _full(unit: Unit, invite: Invite, guild: Guild | None) -> FullInvite:
    channel = await store.channels.by_id(unit, invite.channel_id)
    if guild is None or channel is None:
        raise NotFound(ErrorCode.UNKNOWN_INVITE)
    faces = await store.people.by_ids(unit, [invite.inviter_id])
    return FullInvite(invite, guild, channel, faces.get(invite.inviter_id))


async def _listed(
    unit: Unit, found: list[Invite], guild: Guild, channels: dict[int, Channel]
) -> list[FullInvite]:
    faces = await store.people.by_ids(unit, sorted({one.inviter_id for one in found}))
    return [
        FullInvite(one, guild, channels[one.channel_id], faces.get(one.inviter_id))
        for one in found
        if one.channel_id in channels
    ]
