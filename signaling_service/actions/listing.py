"""What others are told of voice when they ask."""

from __future__ import annotations

from contracts.ids import GuildId, UserId
from contracts.objects.voice import VoiceState
from contracts.rpc.community import GetMembers
from contracts.rpc.signaling import Located
from signaling_service import views
from signaling_service.tools import Tools


async def states(tools: Tools, guild_id: int) -> tuple[VoiceState, ...]:
    """Everybody in voice in a guild."""
    stays = await tools.stays.within(guild_id)
    if not stays:
        return ()
    people = tuple(UserId(stay.user_id) for stay in stays)
    asked = GetMembers(guild_id=GuildId(guild_id), user_ids=people)
    members = {int(one.user.id): one for one in (await tools.calls.ask(asked)).members}
    return tuple(views.state(stay, members.get(stay.user_id)) for stay in stays)


async def locate(tools: Tools, name: str) -> Located:
    """Where a node serves."""
    node = await tools.nodes.one(name)
    return Located() if node is None else Located(host=node.host, port=node.port)
