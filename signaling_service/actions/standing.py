"""How somebody stands in a channel that they want to govern."""

from __future__ import annotations

from collections.abc import Collection

from contracts.errors import ErrorCode, Forbidden, NotFound
from contracts.ids import ChannelId, GuildId
from contracts.objects.channel import ChannelType
from contracts.rpc.community import LocateChannel
from signaling_service.domain import rights
from signaling_service.facts import Standing
from signaling_service.tools import Tools


async def standing_in(
    tools: Tools, user_id: int, channel_id: int, kinds: Collection[ChannelType]
) -> tuple[GuildId, Standing]:
    """In which guild a channel of these kinds is, and how the actor stands there."""
    place = await tools.calls.ask(LocateChannel(channel_id=ChannelId(channel_id)))
    if place.guild_id is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    own = await tools.facts.standing(place.guild_id, channel_id, user_id)
    if own.channel is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    if own.member is None or not rights.may_see(own.granted):
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    if own.channel.type not in kinds:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    return place.guild_id, own
