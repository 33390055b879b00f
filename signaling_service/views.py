"""How voice looks from outside."""

from __future__ import annotations

from contracts.events.voice import VoiceServerUpdate, VoiceStateUpdate
from contracts.ids import ChannelId, GuildId, MessageId, UserId
from contracts.objects.member import Member
from contracts.objects.voice import VoiceState
from contracts.wire import JSON, Wire, from_ms
from signaling_service.domain.calls import Call
from signaling_service.domain.stays import Stay


class VoiceRegion(Wire):
    """Where voice is spoken, as clients list it."""

    id: str
    name: str
    optimal: bool
    deprecated: bool
    custom: bool


def region(region_id: str, name: str) -> VoiceRegion:
    """The one region of this house: the best there is."""
    return VoiceRegion(id=region_id, name=name, optimal=True, deprecated=False, custom=False)


def state(stay: Stay, member: Member | None) -> VoiceState:
    """Somebody in voice."""
    return VoiceState(
        guild_id=None if stay.guild_id is None else GuildId(stay.guild_id),
        channel_id=ChannelId(stay.channel_id),
        user_id=UserId(stay.user_id),
        member=member,
        session_id=stay.session_id,
        deaf=stay.deaf,
        mute=stay.mute,
        self_deaf=stay.self_deaf,
        self_mute=stay.self_mute,
        self_stream=stay.self_stream or stay.has_screen,
        self_video=stay.self_video or stay.has_camera,
        suppress=stay.suppress,
        request_to_speak_timestamp=from_ms(stay.asked_ms) if stay.asked_ms else None,
    )


def arrival(before: Stay | None, after: Stay, member: Member | None) -> VoiceStateUpdate:
    """Somebody came, moved or changed."""
    former = before.channel_id if before is not None else after.channel_id
    left = ChannelId(former) if former != after.channel_id else None
    return VoiceStateUpdate(**_fields(state(after, member)), left_id=left)


def departure(stay: Stay, member: Member | None) -> VoiceStateUpdate:
    """Somebody left."""
    gone = {
        "channel_id": None,
        "self_stream": False,
        "self_video": False,
        "suppress": False,
        "request_to_speak_timestamp": None,
    }
    fields = _fields(state(stay, member)) | gone
    return VoiceStateUpdate(**fields, left_id=ChannelId(stay.channel_id))


def server(stay: Stay, *, token: str, endpoint: str) -> VoiceServerUpdate:
    """Where the session that joined connects."""
    return VoiceServerUpdate(
        token=token,
        guild_id=None if stay.guild_id is None else GuildId(stay.guild_id),
        channel_id=ChannelId(stay.channel_id) if stay.guild_id is None else None,
        endpoint=endpoint,
        user_id=UserId(stay.user_id),
        session_id=stay.session_id,
    )


def token_of(stay: Stay, name: str, *, issuer: str, until_s: int) -> JSON:
    """What a stay's token says. What it grants is settled anew when it is shown."""
    return {
        "iss": issuer,
        "sub": str(stay.user_id),
        "name": name,
        "exp": until_s,
        "nbf": stay.since_ms // 1000 - 60,
        "jti": stay.ticket,
        "video": {"room": str(stay.channel_id), "roomJoin": True},
        "moim": {"ticket": stay.ticket, "place": str(stay.place_id)},
    }


def ringing(call: Call, region_id: str) -> JSON:
    """A call, and for whom it rings."""
    return {
        "channel_id": ChannelId(call.channel_id),
        "message_id": MessageId(call.message_id),
        "region": region_id,
        "ringing": tuple(UserId(one) for one in call.ringing),
    }


def _fields(shown: VoiceState) -> dict[str, object]:
    return {name: getattr(shown, name) for name in VoiceState.model_fields}
