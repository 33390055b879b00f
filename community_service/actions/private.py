"""What chat_service knows of channels. `/channels/{id}` of a conversation is asked there, as no
guild has such a channel: it knows who is in it, and says itself what may not be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from community_service.tools import Asks
from contracts.errors import Unavailable
from contracts.identity import Identity
from contracts.ids import ChannelId, MessageId
from contracts.objects.private import PrivateChannel
from contracts.rpc.chat import (
    ClosePrivateChannel,
    EditPrivateChannel,
    GetLastMessages,
    GetPrivateChannel,
)


async def one(calls: Asks, actor: Identity, channel_id: ChannelId) -> PrivateChannel:
    """A conversation that the actor is in."""
    call = GetPrivateChannel(user_id=actor.user_id, channel_id=channel_id)
    return (await calls.ask(call)).channel


async def edit(
    calls: Asks, actor: Identity, channel_id: ChannelId, changes: dict[str, Any]
) -> PrivateChannel:
    """Another name or owner for a group."""
    call = EditPrivateChannel(user_id=actor.user_id, channel_id=channel_id, changes=changes)
    return (await calls.ask(call)).channel


async def close(calls: Asks, actor: Identity, channel_id: ChannelId) -> PrivateChannel:
    """Leave a group, or take a pair out of one's own list."""
    call = ClosePrivateChannel(user_id=actor.user_id, channel_id=channel_id)
    return (await calls.ask(call)).channel


async def newest(calls: Asks, channel_ids: Sequence[int]) -> Mapping[ChannelId, MessageId]:
    """The newest message of each channel. A guild is seen without them while nobody can say."""
    call = GetLastMessages(channel_ids=tuple(map(ChannelId, channel_ids)))
    with suppress(Unavailable):
        return (await calls.ask(call)).messages
    return {}
