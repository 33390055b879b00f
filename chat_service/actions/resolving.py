"""What somebody names when they ask an application for something, in full: people, roles, channels,
messages. What they can not see is not told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chat_service import store
from chat_service.actions import showing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.domain.choosing import Chosen
from chat_service.domain.invocations import Given
from contracts.errors import ErrorCode, Invalid, NotFound
from contracts.guild_facts import GuildFacts, permissions_in
from contracts.identity import Identity
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.objects.channel import Channel
from contracts.objects.command import CommandType
from contracts.objects.member import Member
from contracts.permissions import READING, Permission, holds
from contracts.rpc.community import GetMembers, GetRoles
from contracts.wire import JSON


async def of_options(chat: Chat, actor: Identity, venue: Venue, given: Given) -> JSON:
    """What the options of a command name."""
    found = await _named(chat, actor, venue, given)
    for channel_id, kinds in given.kinds.items():
        if found["channels"][str(channel_id)]["type"] not in kinds:
            text = "The channel is of another type."
            raise Invalid({"data.options": ("APPLICATION_COMMAND_INVALID_CHANNEL_TYPE", text)})
    return {name: each for name, each in found.items() if each}


async def of_choice(chat: Chat, actor: Identity, venue: Venue, chosen: Chosen) -> JSON:
    """What was chosen from a menu."""
    found = await _named(chat, actor, venue, chosen)
    return {name: each for name, each in found.items() if each}


def of_files(chat: Chat, options: Sequence[JSON], lent: Mapping[int, JSON]) -> JSON:
    """The files that options are, which from now on go by the ids that these have."""
    shown = {number: chat.files.shown(one).dump() for number, one in lent.items()}
    for option in options:
        option["value"] = shown[option["value"]]["id"]
    files = {one["id"]: {**one, "ephemeral": True} for one in shown.values()}
    return {"attachments": files} if files else {}


async def of_target(
    chat: Chat, actor: Identity, venue: Venue, kind: CommandType, target: object
) -> JSON:
    """The person or the message that a menu was opened on."""
    try:
        target_id = int(Snowflake.parse(target))
    except ValueError:
        raise Invalid({"data.target_id": ("BASE_TYPE_REQUIRED", "Not an id.")}) from None
    if kind is CommandType.USER:
        given = Given(users={target_id})
        return await of_options(chat, actor, venue, given)
    venue.require(READING)
    message = await store.messages.one(chat.database.pool, venue.channel_id, target_id)
    if message is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    (shape,) = await showing.shapes(chat, int(actor.user_id), [message])
    return {"messages": {str(target_id): shape.dump()}}


def place(venue: Venue) -> JSON:
    """Where it happens."""
    if venue.thread is not None:
        thread = venue.thread
        return {
            "id": str(thread.id),
            "type": int(thread.type),
            "name": thread.name,
            "guild_id": str(thread.guild_id),
            "parent_id": str(thread.parent_id),
            "permissions": str(int(venue.granted)),
        }
    if venue.channel is not None:
        return _channel(venue.channel, venue.granted)
    conversation = venue.conversation
    assert conversation is not None
    return {"id": str(conversation.id), "type": int(conversation.kind), "flags": 0}


async def _named(
    chat: Chat, actor: Identity, venue: Venue, given: Given | Chosen
) -> dict[str, JSON]:
    people, roles = set(given.users), set(given.roles)
    facts = None if venue.guild_id is None else await chat.facts.guilds.get(venue.guild_id)
    for one in given.either:
        (roles if facts is not None and one in facts.roles else people).add(one)
    faces = await chat.people.faces(people)
    if people - faces.keys():
        raise NotFound(ErrorCode.UNKNOWN_USER)
    found: dict[str, JSON] = {"users": {str(one): face.dump() for one, face in faces.items()}}
    if facts is None:
        if roles or given.channels:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL if given.channels else ErrorCode.UNKNOWN_ROLE)
        return {**found, "members": {}, "roles": {}, "channels": {}}
    found["members"] = await _members(chat, venue, facts, people)
    found["roles"] = await _roles(chat, facts, roles)
    found["channels"] = _channels(chat, actor, venue, facts, given.channels)
    return found


async def _members(chat: Chat, venue: Venue, facts: GuildFacts, people: Collection[int]) -> JSON:
    if not people:
        return {}
    wanted = tuple(map(UserId, sorted(people)))
    asked = GetMembers(guild_id=GuildId(facts.id), user_ids=wanted)
    members = (await chat.calls.ask(asked)).members
    return {
        str(int(one.user.id)): {
            **one.face().dump(),
            "permissions": str(int(_granted(chat, facts, one, venue))),
        }
        for one in members
    }


def _granted(chat: Chat, facts: GuildFacts, member: Member, venue: Venue) -> Permission:
    channel_id = None if venue.channel is None else venue.channel.id
    now = chat.clock.now()
    return permissions_in(facts, int(member.user.id), member, now, channel_id=channel_id)


async def _roles(chat: Chat, facts: GuildFacts, wanted: Collection[int]) -> JSON:
    if not wanted:
        return {}
    roles = (await chat.calls.ask(GetRoles(guild_id=GuildId(facts.id)))).roles
    found = {str(int(one.id)): one.dump() for one in roles if int(one.id) in wanted}
    if len(found) < len(wanted):
        raise NotFound(ErrorCode.UNKNOWN_ROLE)
    return found


def _channels(
    chat: Chat, actor: Identity, venue: Venue, facts: GuildFacts, wanted: Collection[int]
) -> JSON:
    found: JSON = {}
    for one in wanted:
        channel = facts.channels.get(ChannelId(one))
        granted = Permission(0)
        if channel is not None and venue.member is not None:
            now, me = chat.clock.now(), int(actor.user_id)
            granted = permissions_in(facts, me, venue.member, now, channel_id=one)
        if channel is None or not holds(granted, Permission.VIEW_CHANNEL):
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        found[str(one)] = _channel(channel, granted)
    return found


def _channel(channel: Channel, granted: Permission) -> JSON:
    """A channel as far as an application is told of it."""
    whole = channel.dump()
    wanted = ("id", "type", "name", "guild_id", "parent_id", "position", "topic", "nsfw", "flags")
    told = {name: whole[name] for name in wanted if name in whole}
    return {**told, "last_message_id": None, "permissions": str(int(granted))}
