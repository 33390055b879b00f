"""What somebody may use of what applications offer, in one place: the list that clients show while
one types, and the one command that is called.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from chat_service import store
from chat_service.actions import standing
from chat_service.actions.chat import Chat
from chat_service.actions.commands import shown
from chat_service.actions.venues import Venue
from chat_service.domain.allowances import Asker, Offer, Said, may_use, said
from chat_service.store.commands import Command, Permissions
from contracts.errors import ErrorCode, Forbidden, NotFound
from contracts.guild_facts import permissions_in
from contracts.identity import Identity
from contracts.ids import CommandId, GuildId
from contracts.objects.command import Context
from contracts.objects.user import User
from contracts.rpc.community import GetBots


@dataclass(frozen=True, slots=True)
class Index:
    """What there is, and the bots of those who offer it."""

    commands: Sequence[Command]
    bots: Mapping[int, User]


async def callable_by(
    chat: Chat, actor: Identity, venue: Venue, application_id: int, command: object
) -> Command:
    """A command of an application, if the actor may use it there."""
    try:
        command_id = CommandId.parse(command)
    except ValueError:
        raise NotFound(ErrorCode.UNKNOWN_COMMAND) from None
    here = 0 if venue.guild_id is None else int(venue.guild_id)
    async with chat.units.reading(actor) as unit:
        found = await store.commands.one(unit, command_id)
        rules = await store.commands.permissions(unit, here, [application_id]) if here else []
    if found is None or found.application_id != application_id or found.guild_id not in {0, here}:
        raise NotFound(ErrorCode.UNKNOWN_COMMAND)
    if not _may(found, _asker(venue), _tables(rules)):
        raise Forbidden
    return found


async def of_place(chat: Chat, actor: Identity, venue: Venue) -> Index:
    """Everything that the actor may use in a channel, a thread or a conversation."""
    if venue.guild_id is not None:
        return await _index(chat, actor, _asker(venue), await _bots(chat, venue.guild_id))
    conversation = venue.conversation
    others = () if conversation is None else conversation.others(int(actor.user_id))
    return await _index(chat, actor, _asker(venue), others)


async def of_guild(chat: Chat, actor: Identity, guild_id: int) -> Index:
    """Everything that the actor may use somewhere in a guild; each channel may know better."""
    member = await standing.member_of(chat, guild_id, int(actor.user_id))
    if member is None:
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    facts, me = await chat.facts.guilds.get(guild_id), int(actor.user_id)
    granted = permissions_in(facts, me, member, chat.clock.now(), is_weak=actor.is_weak)
    roles = tuple(map(int, member.roles))
    asker = Asker(Context.GUILD, granted, me, guild_id, 0, roles, is_adult_channel=True)
    return await _index(chat, actor, asker, await _bots(chat, guild_id))


async def _index(chat: Chat, actor: Identity, asker: Asker, bots: Collection[int]) -> Index:
    async with chat.units.reading(actor) as unit:
        offered = await store.commands.offered(unit, asker.guild_id, bots)
        rules = await store.commands.permissions(unit, asker.guild_id, bots)
    tables = _tables(rules)
    usable = [one for one in offered if _may(one, asker, tables)]
    faces = await chat.people.faces({one.application_id for one in usable})
    return Index(usable, faces)


async def _bots(chat: Chat, guild_id: int) -> list[int]:
    return [
        int(one) for one in (await chat.calls.ask(GetBots(guild_id=GuildId(guild_id)))).user_ids
    ]


def _asker(venue: Venue) -> Asker:
    if venue.guild_id is None or venue.member is None:
        private = venue.conversation is not None and not venue.conversation.is_group
        return Asker(Context.BOT_DM if private else Context.PRIVATE_CHANNEL, venue.granted)
    return Asker(
        Context.GUILD,
        venue.granted,
        int(venue.user.id),
        int(venue.guild_id),
        int(venue.channel.id if venue.channel is not None else venue.channel_id),
        tuple(map(int, venue.member.roles)),
        venue.channel is not None and venue.channel.nsfw,
    )


def _tables(rules: Sequence[Permissions]) -> Mapping[int, Said]:
    return {one.id: said(shown(one).permissions) for one in rules}


def _may(command: Command, asker: Asker, tables: Mapping[int, Said]) -> bool:
    definition = command.definition
    default, contexts = definition["default_member_permissions"], definition["contexts"]
    offer = Offer(
        default=None if default is None else int(default),
        contexts=None if contexts is None else tuple(map(Context, contexts)),
        in_private=definition["dm_permission"],
        is_global=not command.guild_id,
        is_adult=definition["nsfw"],
    )
    own, applications = tables.get(command.id, {}), tables.get(command.application_id, {})
    return may_use(offer, asker, own, applications)
