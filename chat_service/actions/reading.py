"""People have read: markers move, and every device of theirs shows the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat_service import store
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter
from contracts import limits
from contracts.events.reading import MessageAck
from contracts.identity import Identity
from contracts.ids import ChannelId, MessageId, UserId, floor_of
from contracts.objects.reading import ReadState
from contracts.rpc.chat import Alias


@dataclass(frozen=True, slots=True)
class Read:
    """Up to which message a channel was read. By hand it may go back."""

    channel_id: int
    message_id: int
    is_manual: bool = False


async def ack(chat: Chat, actor: Identity, read: Read) -> None:
    """Move a marker, count what mentions the reader since, tell their devices."""
    venue = await enter(chat, actor, read.channel_id)
    async with chat.units.open(actor) as unit:
        read_to, version = await store.reading.move(
            unit, actor.user_id, read.channel_id, read.message_id, is_manual=read.is_manual
        )
        moved = MessageAck(
            user_id=UserId(actor.user_id),
            channel_id=venue.channel_id,
            message_id=MessageId(read_to),
            manual=read.is_manual,
            mention_count=await _unread(chat, venue, read_to),
            version=version,
        )
        unit.emit(moved)


async def ack_all(chat: Chat, actor: Identity, reads: Sequence[Read]) -> None:
    """Many at once; channels that one can not see are an error before anything moves."""
    for read in reads:
        await enter(chat, actor, read.channel_id)
    for read in reads:
        await ack(chat, actor, read)


async def states(chat: Chat, user_id: int, mentioned_as: Sequence[Alias]) -> list[ReadState]:
    """Every channel that somebody has read or is mentioned in."""
    aliases = [(user_id, 0)]
    aliases += [(int(one.id), _floor(one.since.timestamp())) for one in mentioned_as]
    found = await store.reading.states(
        chat.database.pool,
        user_id,
        aliases,
        counted=limits.MENTIONS_COUNTED,
        limit=limits.READ_STATES_LISTED,
    )
    return [
        ReadState(
            id=ChannelId(one.channel_id),
            last_message_id=None if one.last_message_id is None else MessageId(one.last_message_id),
            mention_count=one.mentions,
        )
        for one in found
    ]


async def newest(chat: Chat, channel_ids: Sequence[ChannelId]) -> dict[ChannelId, MessageId]:
    """The newest message of each channel, where there is one."""
    found = await store.messages.newest(chat.database.pool, channel_ids)
    return {ChannelId(channel): MessageId(message) for channel, message in found.items()}


async def _unread(chat: Chat, venue: Venue, read_to: int) -> int:
    pool, me, most = chat.database.pool, int(venue.user.id), limits.MENTIONS_COUNTED
    if venue.guild_id is None or venue.member is None:
        return await store.reading.unread_messages(pool, me, venue.channel_id, read_to, most)
    joined = _floor(venue.member.joined_at.timestamp())
    aliases = [(me, 0), (int(venue.guild_id), joined)]
    aliases += [(int(role), joined) for role in venue.member.roles]
    return await store.reading.unread_mentions(
        pool, me, aliases, venue.channel_id, read_to, limit=most
    )


def _floor(seconds: float) -> int:
    return floor_of(int(seconds * 1000))
