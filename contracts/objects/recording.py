"""What was spoken: recordings, and who was there."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import ChannelId, GuildId, MessageId, Snowflake, UserId
from contracts.objects.user import User
from contracts.wire import Timestamp, Wire


class Recording(Wire):
    """A recording of a voice channel. It runs while nothing is said of its end."""

    omit: ClassVar[frozenset[str]] = frozenset()

    id: Snowflake
    channel_id: ChannelId
    guild_id: GuildId
    user_id: UserId
    """Who had it made."""
    started_at: Timestamp
    ended_at: Timestamp | None = None
    reason: str | None = None
    """Why it ended."""
    message_id: MessageId | None = None
    """The message that holds the film, or will."""
    seconds: float | None = None
    """Of the film; null until it is there."""


class Visit(Wire):
    """One stay in a voice channel."""

    since: Timestamp
    until: Timestamp
    spoke_seconds: float


class Visitor(Wire):
    """Somebody who was there, at once or several times."""

    user: User
    since: Timestamp
    until: Timestamp
    seconds: float
    spoke_seconds: float
    visits: tuple[Visit, ...]


class VoiceAttendance(Wire):
    """Who was in a voice channel in a time, the first first. `is_cut`: there were more visits."""

    channel_id: ChannelId
    since: Timestamp
    until: Timestamp
    is_cut: bool
    people: tuple[Visitor, ...]
