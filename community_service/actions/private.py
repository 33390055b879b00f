"""What chat_service knows of channels. `/channels/{id}` of a conversation or a thread is asked
there, as no guild has such a channel: it knows who is in it, and says itself what may not be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chassis import reason
from community_service.tools import Asks
from contracts.errors import ErrorCode, NotFound, Unavailable
from contracts.identity import Identity
from contracts.ids import ChannelId, MessageId
from contracts.objects.private import PrivateChannel
from contracts.objects.thread import Thread
from contracts.rpc.chat import (
    ClosePrivateChannel,
    EditPrivateChannel,
    FoundPrivateChannel,
    GetLastMessages,
    GetPrivateChannel,
)

Elsewhere = PrivateChannel | Thread


async def one(calls: Asks, actor: Identity, channel_id: ChannelId) -> Elsewhere:
    """A conversation that the actor is in, or a thread that they see."""
    call = GetPrivateChannel(user_id=actor.user_id, channel_id=channel_id)
    return _found(await calls.ask(call))


async def edit(
    calls: Asks, actor: Identity, channel_id: ChannelId, changes: dict[str, Any]
) -> Elsewhere:
    """Another name or owner for a group; other settings for a thread."""
    call = EditPrivateChannel(
        user_id=actor.user_id,
        channel_id=channel_id,
        changes=changes,
        reason=reason.current.get(),
    )
    return _found(await calls.ask(call))


async def close(calls: Asks, actor: Identity, channel_id: ChannelId) -> Elsewhere:
    """Leave a group, take a pair out of one's own list, or delete a thread."""
    call = ClosePrivateChannel(
        user_id=actor.user_id, channel_id=channel_id, reason=reason.current.get()
    )
    return _found(await calls.ask(call))


async def newest(calls: Asks, channel_ids: Sequence[int]) -> Mapping[ChannelId, MessageId]:
    """The newest message of each channel. A guild is seen without them while nobody can say."""
    call = GetLastMessages(channel_ids=tuple(map(ChannelId, channel_ids)))
    with suppress(Unavailable):
        return (await calls.ask(call)).messages
    return {}


def _found(answer: FoundPrivateChannel) -> Elsewhere:
    found = answer.thread or answer.channel
    if found is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    return found
