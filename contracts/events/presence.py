"""Presence changes, in each guild of the person."""

from __future__ import annotations

import orjson

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import UserId
from contracts.intents import Intent
from contracts.objects.presence import OwnSession, Presence


class PresenceUpdate(Event, Presence):
    """Somebody comes, goes, or changes status."""

    dispatch = "PRESENCE_UPDATE"
    intent = Intent.GUILD_PRESENCES

    def address(self) -> topics.Topic:
        """The guild's; without a guild, the person's own (other devices)."""
        return topics.guild(self.guild_id) if self.guild_id else topics.user(self.user.id)

    def route(self) -> Route:
        """By guild and person."""
        return Route(guild_id=self.guild_id, user_id=self.user.id)


class SessionsReplace(Event):
    """All sessions of somebody who has several, to themselves. Its `d` is the bare list; bots are
    not told.
    """

    dispatch = "SESSIONS_REPLACE"

    user_id: UserId
    sessions: tuple[OwnSession, ...]

    def address(self) -> topics.Topic:
        """The person's own."""
        return topics.user(self.user_id)

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user_id)

    def encode(self) -> bytes:
        """The list alone."""
        return orjson.dumps([session.dump() for session in self.sessions])
