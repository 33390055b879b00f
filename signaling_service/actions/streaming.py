"""A program goes live in somebody's name: by a key of theirs, in the channel that the key is for.
Whoever is in the channel already shows it beside their own voice; whoever is not comes in by it,
and is out when it ends.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.errors import ErrorCode, Forbidden, NotFound, Unauthorized, Unavailable
from contracts.ids import ChannelId, GuildId, UserId
from contracts.rpc.community import LocateChannel
from contracts.rpc.signaling import UpdateVoiceState
from contracts.rpc.users import OpenStreamKey
from signaling_service.actions import joining, keeping
from signaling_service.domain.rights import Rights, may_go_live
from signaling_service.domain.stays import Stay
from signaling_service.tools import Tools


@dataclass(frozen=True, slots=True)
class Live:
    """Somebody who may go live."""

    stay: Stay
    rights: Rights
    name: str
    key_id: int
    is_own: bool
    """The stay was made for this: nobody is in the channel besides."""


async def begin(tools: Tools, key: str, channel_id: int) -> Live:
    """Whose key it is, in the channel."""
    opened = await tools.calls.ask(OpenStreamKey(key=key[:256]))
    if opened.user_id is None or opened.key_id is None:
        raise Unauthorized
    if opened.channel_id != channel_id:
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    user_id, session = int(opened.user_id), f"live-{opened.key_id}"
    place = await tools.calls.ask(LocateChannel(channel_id=ChannelId(channel_id)))
    if place.guild_id is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    standing = await tools.facts.standing(place.guild_id, channel_id, user_id)
    member = standing.member
    if member is None or not may_go_live(standing.granted):
        raise Forbidden
    stay = await tools.stays.one(int(place.guild_id), user_id)
    if stay is None or stay.channel_id != channel_id or stay.session_id == session:
        stay = await _joined(tools, int(place.guild_id), channel_id, user_id, session)
    if stay.node != tools.node:
        raise Unavailable(message="this channel is spoken elsewhere")
    rights = await keeping.rights_of(tools, stay)
    is_own = stay.session_id == session
    if not rights.may_stream:
        if is_own:
            await keeping.hung_up(tools, stay.place_id, user_id, stay.ticket, "forbidden")
        raise Forbidden
    name = member.nick or member.user.global_name or member.user.username
    return Live(stay, rights, name, int(opened.key_id), is_own)


async def _joined(tools: Tools, guild_id: int, channel_id: int, user_id: int, session: str) -> Stay:
    wish = UpdateVoiceState(
        user_id=UserId(user_id),
        is_bot=False,
        session_id=session,
        guild_id=GuildId(guild_id),
        channel_id=ChannelId(channel_id),
    )
    await joining.update(tools, wish)
    stay = await tools.stays.one(guild_id, user_id)
    if stay is None or stay.channel_id != channel_id or stay.session_id != session:
        # Full, or no channel in which anybody speaks: the log says which.
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    return stay
