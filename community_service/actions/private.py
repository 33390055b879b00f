"""`/channels/{id}` of a conversation: no guild has such a channel, so chat_service is asked. It
knows who is in it, and says itself what may not be.
"""

from __future__ import annotations

from typing import Any

from community_service.tools import Asks
from contracts.identity import Identity
from contracts.ids import ChannelId
from contracts.objects.private import PrivateChannel
from contracts.rpc.chat import ClosePrivateChannel, EditPrivateChannel, GetPrivateChannel


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
