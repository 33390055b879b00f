"""What signaling_service answers to the rest of the house. What media workers tell it is in
media_news.py.
"""

from __future__ import annotations

from enum import StrEnum

from contracts.ids import ChannelId, GuildId, UserId
from contracts.objects.voice import OngoingCall, StageInstance, VoiceState
from contracts.rpc.base import Call, Done
from contracts.wire import Wire


class VoiceStates(Wire):
    """Of everybody who is in voice there, in no order; and which stages are open."""

    states: tuple[VoiceState, ...]
    stages: tuple[StageInstance, ...] = ()


class GetVoiceStates(Call[VoiceStates]):
    """Who is in voice in a guild? For GUILD_CREATE; who may see which channel is not looked at."""

    service = "signaling"
    callers = frozenset({"gateway"})

    guild_id: GuildId


class OngoingCalls(Wire):
    """Where there is none, nothing is said."""

    calls: tuple[OngoingCall, ...]


class GetCalls(Call[OngoingCalls]):
    """Which calls are under way in these conversations? For READY."""

    service = "signaling"
    callers = frozenset({"gateway"})

    channel_ids: tuple[ChannelId, ...]


class UpdateVoiceState(Call[Done]):
    """A session wants into a voice channel, out of voice (no channel), or to be shown otherwise.
    What comes of it is told by events; who may not is told nothing, as Discord does.
    """

    service = "signaling"
    callers = frozenset({"gateway"})
    deadline = 5.0
    idempotent = False

    user_id: UserId
    is_bot: bool
    session_id: str
    guild_id: GuildId | None
    channel_id: ChannelId | None
    self_mute: bool = False
    self_deaf: bool = False
    self_video: bool = False
    self_stream: bool = False


class Regions(Wire):
    """By id."""

    ids: tuple[str, ...]


class ListRegions(Call[Regions]):
    """Where may a voice channel be spoken?"""

    service = "signaling"
    callers = frozenset({"community"})


class Governing(StrEnum):
    """What is done to somebody in voice by somebody else."""

    LOOK = "look"
    """Nothing yet: only say whether they are there."""
    MOVE = "move"
    DISCONNECT = "disconnect"


class GovernVoice(Call[Done]):
    """Do this to a member in voice, or TARGET_NOT_IN_VOICE (40032). That somebody is muted or
    deafened is heard from their MemberUpdate.
    """

    service = "signaling"
    callers = frozenset({"community"})
    deadline = 3.0
    idempotent = False

    guild_id: GuildId
    actor_id: UserId
    user_id: UserId
    what: Governing
    channel_id: ChannelId | None = None


class Located(Wire):
    """Where a node serves HTTP; no port: nobody knows such a node."""

    host: str = ""
    port: int = 0


class LocateNode(Call[Located]):
    """The gateway passes voice connections on to the node that their address names."""

    service = "signaling"
    callers = frozenset({"gateway"})

    node: str


class PlaceStream(Call[Located]):
    """At which node does a program go live in this channel? Nobody's while no node lives."""

    service = "signaling"
    callers = frozenset({"gateway"})

    channel_id: ChannelId
