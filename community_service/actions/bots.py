"""Bots are let into guilds by people who manage them."""

from __future__ import annotations

from community_service import store, views
from community_service.actions import audit
from community_service.actions.access import access_guild, require
from community_service.actions.members import admit
from community_service.domain.access import InGuild
from community_service.domain.people import Person
from community_service.domain.roles import can_add, grantable, of_bot
from community_service.tools import Tools, Unit
from contracts import limits
from contracts.errors import ErrorCode, NotFound
from contracts.events.role import RoleCreate
from contracts.identity import Identity
from contracts.ids import ApplicationId, GuildId
from contracts.objects.application import Application
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission, holds
from contracts.rpc.users import GetApplication


async def installable(tools: Tools, application_id: int, installer: Identity) -> Application:
    """An application whose bot this person may install."""
    call = GetApplication(application_id=ApplicationId(application_id))
    application = (await tools.calls.ask(call)).application
    if application is None or application.bot is None:
        raise NotFound(ErrorCode.UNKNOWN_APPLICATION)
    if not application.bot_public and application.owner.id != installer.user_id:
        raise NotFound(ErrorCode.UNKNOWN_APPLICATION)
    return application


async def destinations(unit: Unit) -> list[InGuild]:
    """The guilds that the actor can let bots into."""
    mine = await store.access.in_guilds(
        unit, unit.actor.user_id, before=None, after=None, limit=limits.GUILDS_PER_USER
    )
    here = (InGuild(guild, standing, standing.granted(unit.now)) for guild, standing in mine)
    return [one for one in here if holds(one.granted, Permission.MANAGE_GUILD)]


async def install(unit: Unit, guild_id: int, bot: Person, asked: int) -> None:
    """Make a bot a member, with a role of its own for what it asked and its installer holds. A bot
    that is in already stays as it is.
    """
    here = await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD, for_change=True)
    if await store.members.ids(unit, guild_id, [bot.user_id]):
        return
    granted = grantable(asked, here.granted)
    role_id: int | None = None
    if granted:
        role = of_bot(
            unit.new_id(), guild_id, bot.user_id, name=bot.username, permissions=int(granted)
        )
        role_id = role.id
        require(can_add(await store.roles.count(unit, guild_id)))
        await store.roles.add(unit, role)
        unit.emit(RoleCreate(guild_id=GuildId(guild_id), role=views.role(role)))
    await admit(unit, guild_id, bot, role_id=role_id)
    await audit.record(unit, guild_id, AuditAction.BOT_ADD, bot.user_id)
