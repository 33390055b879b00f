"""Who is in which voice channel, and calls in conversations."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import ChannelId, GuildId, MessageId, Snowflake, UserId
from contracts.objects.member import Member
from contracts.wire import Timestamp, Wire


class VoiceState(Wire):
    """Somebody in voice; without a channel, somebody who left."""

    omit: ClassVar[frozenset[str]] = frozenset({"guild_id", "member"})

    guild_id: GuildId | None = None
    channel_id: ChannelId | None
    user_id: UserId
    member: Member | None = None
    session_id: str
    """The gateway session that joined."""
    deaf: bool = False
    mute: bool = False
    self_deaf: bool = False
    self_mute: bool = False
    self_stream: bool = False
    """Whether a screen is shown."""
    self_video: bool = False
    suppress: bool = False
    """In the audience of a stage: may not speak."""
    request_to_speak_timestamp: Timestamp | None = None


class StageInstance(Wire):
    """A stage that is open: what is spoken about there."""

    id: Snowflake
    guild_id: GuildId
    channel_id: ChannelId
    topic: str
    privacy_level: int = 2
    """Members of the guild only; there is no other any more."""
    discoverable_disabled: bool = True
    guild_scheduled_event_id: Snowflake | None = None


class Ringing(Wire):
    """A call in a conversation, and for whom it still rings."""

    channel_id: ChannelId
    message_id: MessageId
    """The message that tells of it."""
    region: str
    ringing: tuple[UserId, ...] = ()


class OngoingCall(Ringing):
    """The same with those who are in it."""

    voice_states: tuple[VoiceState, ...] = ()
