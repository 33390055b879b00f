"""A voice channel is being recorded, or no longer."""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, GuildId
from contracts.intents import Intent
from contracts.objects.recording import Recording
from contracts.permissions import Permission


class VoiceRecordingUpdate(Event):
    """What is recorded in a voice channel now; null: nothing any more."""

    dispatch = "VOICE_RECORDING_UPDATE"
    intent: ClassVar[Intent] = Intent.GUILD_VOICE_STATES
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL

    guild_id: GuildId
    channel_id: ChannelId
    recording: Recording | None

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By channel."""
        return Route(guild_id=self.guild_id, channel_id=self.channel_id)
