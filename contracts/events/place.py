"""Where an event of a channel is told: in a guild on the guild's topic, in a conversation on the
topics of the people in it, which only the teller knows.
"""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Route
from contracts.ids import ChannelId, GuildId
from contracts.wire import Wire


class NoAddress(LookupError):
    """Nothing in an event says on which topics it is told: its teller has to."""

    def __init__(self, event: Wire) -> None:
        super().__init__(f"who hears {type(event).__name__} is said where it is told")


class ToldToPeople(Wire):
    """An event for people whom only its teller knows."""

    def address(self) -> topics.Topic:
        """None of its own."""
        raise NoAddress(self)


class InChannel(Wire):
    """An event in a channel, of a guild or not."""

    omit: ClassVar[frozenset[str]] = frozenset({"guild_id"})

    channel_id: ChannelId
    guild_id: GuildId | None = None

    def address(self) -> topics.Topic:
        """The guild's; for a conversation it is said where it is told."""
        if self.guild_id is None:
            raise NoAddress(self)
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By channel, and by who acts."""
        return Route(guild_id=self.guild_id, channel_id=self.channel_id, user_id=self.acts())

    def acts(self) -> int | None:
        """Who did it, where that matters."""
        return None
