"""What others are told of voice when they ask."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.errors import ErrorCode, NotFound
from contracts.ids import GuildId, UserId
from contracts.objects.voice import OngoingCall, StageInstance, VoiceState
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


async def stages(tools: Tools, guild_id: int) -> tuple[StageInstance, ...]:
    """Those that are open in a guild."""
    return tuple(await tools.stages.within(guild_id))


async def calls(tools: Tools, channel_ids: Sequence[int]) -> tuple[OngoingCall, ...]:
    """Those that are under way in some conversations."""
    found = []
    for call in await tools.ongoing.some(channel_ids):
        stays = await tools.stays.within(call.channel_id)
        shown = views.ringing(call, tools.region)
        found.append(OngoingCall(**shown, voice_states=tuple(views.state(s, None) for s in stays)))
    return tuple(found)


async def require_member(tools: Tools, guild_id: int, user_id: int) -> None:
    """A guild is known to its members alone."""
    if await tools.facts.member(guild_id, user_id) is None:
        raise NotFound(ErrorCode.UNKNOWN_GUILD)


async def locate(tools: Tools, name: str) -> Located:
    """Where a node serves."""
    node = await tools.nodes.one(name)
    return Located() if node is None else Located(host=node.host, port=node.port)


async def place(tools: Tools, channel_id: int) -> Located:
    """At which node a channel is spoken, or will be."""
    node = await tools.nodes.place(channel_id)
    return Located() if node is None else Located(host=node.host, port=node.port)
