"""Voice: who comes, moves and goes, where to connect, and calls that ring."""

from __future__ import annotations

from typing import ClassVar

import orjson

from contracts import topics
from contracts.events.base import Event, Route
from contracts.events.place import NoAddress, ToldToPeople
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.intents import Intent
from contracts.objects.voice import OngoingCall, Ringing, StageInstance, VoiceState
from contracts.permissions import Permission
from contracts.wire import Wire


class VoiceStateUpdate(Event, VoiceState):
    """Somebody came, changed, moved, or (without a channel) left. Who sees only the channel that
    was left is told of a leave.
    """

    dispatch = "VOICE_STATE_UPDATE"
    intent = Intent.GUILD_VOICE_STATES
    needs = Permission.VIEW_CHANNEL

    left_id: ChannelId | None = None
    """The channel that was left for this one, or for none. Clients are not told."""

    def address(self) -> topics.Topic:
        """The guild's; of a conversation it is said where it is told: each person's."""
        if self.guild_id is None:
            raise NoAddress(self)
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By person, and by the channel where they are, or were."""
        return Route(
            guild_id=self.guild_id,
            channel_id=self.channel_id or self.left_id,
            user_id=self.user_id,
            left_id=self.left_id if self.channel_id is not None else None,
        )

    def encode(self) -> bytes:
        """What clients get."""
        shown = self.dump()
        shown.pop("left_id")
        return orjson.dumps(shown)


class VoiceServerUpdate(Event):
    """Where the session that joined is to connect, and with what. No other session is told."""

    dispatch = "VOICE_SERVER_UPDATE"
    omit: ClassVar[frozenset[str]] = frozenset({"channel_id", "guild_id"})

    token: str
    guild_id: GuildId | None = None
    channel_id: ChannelId | None = None
    """Of a call in a conversation, which has no guild."""
    endpoint: str
    user_id: UserId
    session_id: str

    def address(self) -> topics.Topic:
        """The person's own."""
        return topics.user(self.user_id)

    def route(self) -> Route:
        """By guild (its shard) and person."""
        return Route(guild_id=self.guild_id, user_id=self.user_id)


class _OfVoiceChannel(Wire):
    intent: ClassVar[Intent] = Intent.GUILDS
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL

    guild_id: GuildId

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)


class _StageEvent(_OfVoiceChannel, StageInstance):
    def route(self) -> Route:
        """By channel."""
        return Route(guild_id=self.guild_id, channel_id=self.channel_id)


class StageInstanceCreate(_StageEvent, Event):
    """A stage opens."""

    dispatch = "STAGE_INSTANCE_CREATE"


class StageInstanceUpdate(_StageEvent, Event):
    """Something else is spoken about."""

    dispatch = "STAGE_INSTANCE_UPDATE"


class StageInstanceDelete(_StageEvent, Event):
    """A stage closes."""

    dispatch = "STAGE_INSTANCE_DELETE"


class VoiceChannelStatusUpdate(_OfVoiceChannel, Event):
    """What is said of a voice channel is something else now, or (None) nothing."""

    dispatch = "VOICE_CHANNEL_STATUS_UPDATE"

    id: ChannelId
    status: str | None

    def route(self) -> Route:
        """By channel."""
        return Route(guild_id=self.guild_id, channel_id=self.id)


class _CallEvent(ToldToPeople):
    """Everybody of the conversation hears it."""

    channel_id: ChannelId

    def route(self) -> Route:
        """By channel."""
        return Route(channel_id=self.channel_id)


class CallCreate(_CallEvent, OngoingCall, Event):
    """Somebody calls in a conversation."""

    dispatch = "CALL_CREATE"


class CallUpdate(_CallEvent, Ringing, Event):
    """It rings for others now."""

    dispatch = "CALL_UPDATE"


class CallDelete(_CallEvent, Event):
    """The call is over."""

    dispatch = "CALL_DELETE"


class StayChanged(Event):
    """Inside the house: somebody's place in voice is another one now. Every signaling process hears
    it; whichever serves that person's connection lets it follow.
    """

    user_id: UserId
    place_id: int
    """The guild, or the conversation."""
    ticket: str
    """Of the stay that changed."""
    is_over: bool = False
    """Whether that stay ended, and why."""
    why: str = ""

    def address(self) -> topics.Topic:
        """Where signaling processes listen."""
        return topics.VOICE

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user_id)


class RecordingAsked(Event):
    """Inside the house: whichever signaling process has this channel shall have it recorded, or no
    longer; it answers with `RecordingAnswered`.
    """

    asked_id: Snowflake
    channel_id: ChannelId
    recording_id: Snowflake
    begins: bool
    is_unwanted: bool = False
    """Ended before anybody was told of it."""

    def address(self) -> topics.Topic:
        """Where signaling processes listen."""
        return topics.VOICE

    def route(self) -> Route:
        """By channel."""
        return Route(channel_id=self.channel_id)


class RecordingAnswered(Event):
    """Inside the house: it was done, or (the name of an ErrorCode) refused."""

    asked_id: Snowflake
    refusal: str = ""

    def address(self) -> topics.Topic:
        """Where signaling processes listen."""
        return topics.VOICE

    def route(self) -> Route:
        """To everybody: whoever asked knows the number."""
        return Route()


class StreamKeyWithdrawn(Event):
    """Inside the house: whoever goes live by this key is out."""

    user_id: UserId
    key_id: Snowflake

    def address(self) -> topics.Topic:
        """Where signaling processes listen."""
        return topics.VOICE

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user_id)
