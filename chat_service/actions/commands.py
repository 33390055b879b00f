"""Applications say what they offer; guilds say who may use it; clients ask what there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chat_service import store
from chat_service.actions.chat import Chat
from chat_service.domain import commands as rules
from chat_service.domain.commands import CommandChanges, NewCommand
from chat_service.store.commands import Command, Permissions
from chat_service.tools import Unit
from contracts import limits
from contracts.errors import Conflict, ErrorCode, Forbidden, Invalid, NotFound, Unavailable
from contracts.events.command import CommandIndexUpdate, CommandPermissionsUpdate
from contracts.guild_facts import GuildFacts, permissions_in
from contracts.identity import Identity
from contracts.ids import ApplicationId, ChannelId, GuildId, Snowflake, UserId
from contracts.objects.command import (
    CommandPermission,
    CommandPermissions,
    CommandType,
    PermissionType,
)
from contracts.permissions import Permission, holds
from contracts.rpc.community import GetMemberships


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where an application offers something: everywhere (0), or in one guild."""

    application_id: int
    guild_id: int = 0


async def enter(chat: Chat, actor: Identity, shelf: Shelf) -> None:
    """Let the application itself in, where its bot is a member."""
    if not actor.is_bot or actor.user_id != shelf.application_id:
        raise Forbidden(ErrorCode.NOT_YOUR_APPLICATION)
    if shelf.guild_id:
        await require_member(chat, actor, shelf.guild_id)


async def require_member(chat: Chat, actor: Identity, guild_id: int) -> None:
    """Raise unless the actor is in the guild; whether there is one is nobody else's business."""
    try:
        await chat.facts.speakers.get((guild_id, int(actor.user_id)))
    except NotFound:
        raise Forbidden(ErrorCode.MISSING_ACCESS) from None


async def listed(chat: Chat, actor: Identity, shelf: Shelf) -> list[Command]:
    """All it offers there."""
    await enter(chat, actor, shelf)
    async with chat.units.reading(actor) as unit:
        return await store.commands.listed(unit, shelf.application_id, shelf.guild_id)


async def get(chat: Chat, actor: Identity, shelf: Shelf, command_id: int) -> Command:
    """One of them."""
    await enter(chat, actor, shelf)
    async with chat.units.reading(actor) as unit:
        return _own(await store.commands.one(unit, command_id), shelf)


async def create(
    chat: Chat, actor: Identity, shelf: Shelf, form: NewCommand
) -> tuple[Command, bool]:
    """Offer a command, or (under the name of one that is offered) another in its place. Whether
    it is new.
    """
    await enter(chat, actor, shelf)
    guilds = await _hearing(chat, shelf)
    rules.require_whole(form.kind, form.name, form.definition())
    async with chat.units.open(actor) as unit:
        others = await store.commands.hold(unit, shelf.application_id, shelf.guild_id)
        before = _called(others, form.kind, form.name)
        if before is None and not rules.has_room(form.kind, _count(others, form.kind)):
            raise Conflict(ErrorCode.MAX_COMMANDS)
        command = _made(unit, shelf, form, before)
        await _keep(unit, guilds, before, command)
    return command, before is None


async def change(
    chat: Chat, actor: Identity, shelf: Shelf, command_id: int, form: CommandChanges
) -> Command:
    """Change some of what it says."""
    await enter(chat, actor, shelf)
    guilds = await _hearing(chat, shelf)
    async with chat.units.open(actor) as unit:
        others = await store.commands.hold(unit, shelf.application_id, shelf.guild_id)
        before = _own(next((one for one in others if one.id == command_id), None), shelf)
        kind = CommandType(before.type)
        name = form.name or before.name
        if name != before.name and _called(others, kind, name) is not None:
            raise Conflict(ErrorCode.COMMAND_EXISTS)
        after = replace(before, name=name, definition={**before.definition, **form.kept()})
        rules.require_whole(kind, after.name, after.definition)
        if after != before:
            after = replace(after, version=unit.new_id())
        await _keep(unit, guilds, before, after)
    return after


async def remove(chat: Chat, actor: Identity, shelf: Shelf, command_id: int) -> None:
    """Offer it no longer."""
    await enter(chat, actor, shelf)
    guilds = await _hearing(chat, shelf)
    async with chat.units.open(actor) as unit:
        _own(await store.commands.one(unit, command_id), shelf)
        await store.commands.remove(unit, [command_id])
        _tell(unit, guilds)


async def overwrite(
    chat: Chat, actor: Identity, shelf: Shelf, forms: Sequence[NewCommand]
) -> list[Command]:
    """Offer these, and nothing else. One that goes by its id keeps it under another name."""
    await enter(chat, actor, shelf)
    _require_different(forms)
    for form in forms:
        rules.require_whole(form.kind, form.name, form.definition())
    guilds = await _hearing(chat, shelf)
    async with chat.units.open(actor) as unit:
        others = await store.commands.hold(unit, shelf.application_id, shelf.guild_id)
        was = _before(forms, others)
        kept = {one.id for one in was if one is not None}
        await store.commands.remove(unit, {one.id for one in others} - kept)
        made = [_made(unit, shelf, *each) for each in zip(forms, was, strict=True)]
        # Names may have been exchanged among them, so those that change make room first.
        for stale, new in zip(was, made, strict=True):
            if stale is not None and stale.name != new.name:
                await store.commands.put(unit, replace(stale, name=f"\n{stale.id}"))
        for old, new in zip(was, made, strict=True):
            if new != old:
                await store.commands.put(unit, new)
        if made != others:
            _tell(unit, guilds)
    return made


async def permissions(chat: Chat, actor: Identity, shelf: Shelf) -> list[Permissions]:
    """What was said in a guild of an application's commands: for itself, and for members."""
    await require_member(chat, actor, shelf.guild_id)
    if actor.is_bot and actor.user_id != shelf.application_id:
        raise Forbidden(ErrorCode.NOT_YOUR_APPLICATION)
    async with chat.units.reading(actor) as unit:
        return await store.commands.permissions(unit, shelf.guild_id, [shelf.application_id])


async def permit(
    chat: Chat, actor: Identity, shelf: Shelf, target_id: int, given: Sequence[CommandPermission]
) -> CommandPermissions:
    """Govern who may use a command (or all that an application offers) in a guild."""
    await _require_governor(chat, actor, shelf.guild_id, given)
    if len({(one.type, one.id) for one in given}) != len(given):
        text = "Each person, role and channel once."
        raise Invalid({"permissions": ("APPLICATION_COMMAND_PERMISSIONS_DUPLICATE", text)})
    dumped = [one.dump() for one in given]
    kept = Permissions(shelf.guild_id, target_id, shelf.application_id, dumped)
    async with chat.units.open(actor) as unit:
        if target_id != shelf.application_id:
            command = await store.commands.one(unit, target_id)
            if command is None or not _is_there(command, shelf):
                raise NotFound(ErrorCode.UNKNOWN_COMMAND)
        await store.commands.permit(unit, kept)
        told = shown(kept)
        unit.emit(CommandPermissionsUpdate.model_validate(told.model_dump()))
    return told


async def _require_governor(
    chat: Chat, actor: Identity, guild_id: int, given: Sequence[CommandPermission]
) -> None:
    """Who may govern the guild and its roles governs commands; what is named has to be there."""
    await require_member(chat, actor, guild_id)
    speaker = await chat.facts.speakers.get((guild_id, int(actor.user_id)))
    facts = await chat.facts.guilds.get(guild_id)
    granted = permissions_in(
        facts, int(actor.user_id), speaker.member, chat.clock.now(), is_weak=actor.is_weak
    )
    if not holds(granted, Permission.MANAGE_GUILD | Permission.MANAGE_ROLES):
        raise Forbidden
    for one in given:
        if one.type is PermissionType.ROLE and int(one.id) not in facts.roles:
            raise NotFound(ErrorCode.UNKNOWN_ROLE)
        if one.type is PermissionType.CHANNEL and not _is_place(facts, int(one.id)):
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)


def _is_place(facts: GuildFacts, channel_id: int) -> bool:
    return channel_id == facts.id - 1 or ChannelId(channel_id) in facts.channels


def shown(said: Permissions) -> CommandPermissions:
    """As it is answered."""
    return CommandPermissions(
        id=Snowflake(said.id),
        application_id=ApplicationId(said.application_id),
        guild_id=GuildId(said.guild_id),
        permissions=tuple(map(CommandPermission.model_validate, said.permissions)),
    )


def _is_there(command: Command, shelf: Shelf) -> bool:
    own = command.application_id == shelf.application_id
    return own and command.guild_id in (0, shelf.guild_id)


def _own(command: Command | None, shelf: Shelf) -> Command:
    if command is None or (command.application_id, command.guild_id) != (
        shelf.application_id,
        shelf.guild_id,
    ):
        raise NotFound(ErrorCode.UNKNOWN_COMMAND)
    return command


def _called(others: Sequence[Command], kind: CommandType, name: str) -> Command | None:
    return next((one for one in others if (one.type, one.name) == (kind, name)), None)


def _before(forms: Sequence[NewCommand], others: Sequence[Command]) -> list[Command | None]:
    """Which command each of these was: by id first, and by name where nobody claims that by id."""
    by_id = {(one.id, one.type): one for one in others}
    was = [by_id.get((int(form.id or 0), form.kind)) for form in forms]
    claimed = {one.id for one in was if one is not None}
    free = [one for one in others if one.id not in claimed]
    return [
        known or _called(free, form.kind, form.name) for known, form in zip(was, forms, strict=True)
    ]


def _count(others: Sequence[Command], kind: CommandType) -> int:
    return sum(one.type == kind for one in others)


def _made(unit: Unit, shelf: Shelf, form: NewCommand, before: Command | None) -> Command:
    """The command as it will be; one that stays the same keeps its version."""
    number = unit.new_id()
    made = Command(
        number if before is None else before.id,
        shelf.application_id,
        shelf.guild_id,
        form.kind if before is None else before.type,
        form.name,
        number if before is None else before.version,
        form.definition(),
    )
    return made if before is None or made == before else replace(made, version=number)


async def _keep(
    unit: Unit, guilds: Sequence[GuildId], before: Command | None, after: Command
) -> None:
    if after != before:
        await store.commands.put(unit, after)
        _tell(unit, guilds)


async def _hearing(chat: Chat, shelf: Shelf) -> Sequence[GuildId]:
    """Guilds in which it is offered. Beyond so many, and while their service is away, clients
    find out when they ask the next time.
    """
    if shelf.guild_id:
        return (GuildId(shelf.guild_id),)
    try:
        found = await chat.calls.ask(GetMemberships(user_id=UserId(shelf.application_id)))
    except Unavailable:
        return ()
    return [one.guild_id for one in found.memberships[: limits.COMMAND_GUILDS_TOLD]]


def _tell(unit: Unit, guilds: Sequence[GuildId]) -> None:
    for guild_id in guilds:
        unit.emit(CommandIndexUpdate(guild_id=guild_id))


def _require_different(forms: Sequence[NewCommand]) -> None:
    seen: set[tuple[CommandType, str]] = set()
    for place, form in enumerate(forms):
        key = (form.kind, form.name)
        if key in seen:
            code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
            raise Invalid({f"{place}": (code, "Application command names must be unique")})
        seen.add(key)
    for kind in CommandType:
        if not rules.has_room(kind, sum(form.kind is kind for form in forms) - 1):
            raise Conflict(ErrorCode.MAX_COMMANDS)
