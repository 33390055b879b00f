"""People have read: markers move, and every device of theirs shows the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_service import store
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter
from chat_service.store.reading import Mark, Marker
from chat_service.tools import Unit
from contracts import limits
from contracts.events.reading import ChannelPinsAck, MessageAck
from contracts.identity import Identity
from contracts.ids import ChannelId, MessageId, UserId, floor_of
from contracts.objects.reading import ReadState
from contracts.permissions import Permission
from contracts.rpc.chat import Reader


@dataclass(frozen=True, slots=True)
class Read:
    """Up to which message a channel was read. By hand it may go back."""

    channel_id: int
    message_id: int
    is_manual: bool = False


async def ack(chat: Chat, actor: Identity, read: Read) -> None:
    """Move a marker, count what mentions the reader since, tell their devices."""
    await ack_all(chat, actor, [read])


async def ack_all(chat: Chat, actor: Identity, reads: Sequence[Read]) -> None:
    """Many at once; channels that one can not see are an error before anything moves."""
    venues = [await enter(chat, actor, one) for one in {read.channel_id: None for read in reads}]
    if not venues:
        return
    by_hand = {read.channel_id for read in reads if read.is_manual}
    to: dict[int, int] = {}
    for read in reads:
        before = 0 if read.is_manual else to.get(read.channel_id, 0)
        to[read.channel_id] = max(before, read.message_id)
    async with chat.units.open(actor) as unit:
        marks = await store.reading.move(unit, actor.user_id, to, by_hand=by_hand)
        counts = await _unread(chat, venues, {mark.channel_id: mark.read_to for mark in marks})
        for mark in marks:
            _tell(unit, mark, counts.get(mark.channel_id, 0), is_manual=mark.channel_id in by_hand)


async def ack_guild(chat: Chat, actor: Identity, guild_id: int) -> None:
    """All that somebody sees in a guild is read."""
    rooms = await chat.access.rooms(actor, guild_id, needs=Permission.VIEW_CHANNEL)
    seen = [int(room.channel.id) for room in rooms]
    to = await store.reading.unread_channels(chat.database.pool, actor.user_id, seen)
    async with chat.units.open(actor) as unit:
        for mark in await store.reading.move(unit, actor.user_id, to):
            _tell(unit, mark, 0)


async def forget(chat: Chat, actor: Identity, channel_id: int) -> None:
    """As if one had never read there."""
    venue = await enter(chat, actor, channel_id)
    async with chat.units.open(actor) as unit:
        if await store.reading.forget(unit, actor.user_id, channel_id):
            counts = await _unread(chat, [venue], {channel_id: 0})
            _tell(unit, Mark(channel_id, 0, 0), counts.get(channel_id, 0), is_manual=True)


async def ack_pins(chat: Chat, actor: Identity, channel_id: int) -> None:
    """What is pinned was seen."""
    venue = await enter(chat, actor, channel_id)
    async with chat.units.open(actor) as unit:
        version = await store.reading.see_pins(unit, actor.user_id, channel_id)
        seen = ChannelPinsAck(
            user_id=UserId(actor.user_id),
            channel_id=venue.channel_id,
            timestamp=unit.now,
            version=version,
        )
        unit.emit(seen)


def _tell(unit: Unit, mark: Mark, count: int, *, is_manual: bool = False) -> None:
    moved = MessageAck(
        user_id=UserId(unit.actor.user_id),
        channel_id=ChannelId(mark.channel_id),
        message_id=MessageId(mark.read_to),
        manual=is_manual,
        mention_count=count,
        version=mark.version,
    )
    unit.emit(moved)


async def states(chat: Chat, readers: Sequence[Reader]) -> dict[int, list[ReadState]]:
    """Every channel that each of these has read or is mentioned in."""
    aliases: dict[int, list[tuple[int, int]]] = {}
    for reader in readers:
        mine = aliases[int(reader.user_id)] = [(int(reader.user_id), 0)]
        mine += [(int(one), floor_of(since)) for one, since in reader.mentioned_as]
    found = await store.reading.states(
        chat.database.pool,
        aliases,
        counted=limits.MENTIONS_COUNTED,
        limit=limits.READ_STATES_LISTED,
    )
    return {reader: list(map(_state, markers)) for reader, markers in found.items()}


def _state(one: Marker) -> ReadState:
    return ReadState(
        id=ChannelId(one.channel_id),
        last_message_id=MessageId(one.last_message_id) if one.last_message_id else None,
        mention_count=one.mentions,
        last_pin_timestamp=one.pins_seen,
    )


async def newest(chat: Chat, channel_ids: Sequence[ChannelId]) -> dict[ChannelId, MessageId]:
    """The newest message of each channel, where there is one."""
    found = await store.messages.newest(chat.database.pool, channel_ids)
    return {ChannelId(channel): MessageId(message) for channel, message in found.items()}


async def _unread(
    chat: Chat, venues: Sequence[Venue], read_to: Mapping[int, int]
) -> dict[int, int]:
    """How many messages concern the reader of these since: two questions, however many they are."""
    pool, me, most = chat.database.pool, int(venues[0].user.id), limits.MENTIONS_COUNTED
    aliases = [(me, 0)]
    in_guilds: dict[int, int] = {}
    between: dict[int, int] = {}
    for venue in venues:
        channel_id = int(venue.channel_id)
        if venue.guild_id is None or venue.member is None:
            between[channel_id] = read_to[channel_id]
            continue
        in_guilds[channel_id] = read_to[channel_id]
        joined = _floor(venue.member.joined_at.timestamp())
        aliases.append((int(venue.guild_id), joined))
        aliases += [(int(role), joined) for role in venue.member.roles]
    counts: dict[int, int] = {}
    if in_guilds:
        names = list(dict.fromkeys(aliases))
        counts |= await store.reading.unread_mentions(pool, me, names, in_guilds, most)
    if between:
        counts |= await store.reading.unread_messages(pool, me, between, most)
    return counts


def _floor(seconds: float) -> int:
    return floor_of(int(seconds * 1000))
