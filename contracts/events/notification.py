"""Who is to be notified, told among the processes of notification_service."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import UserId


class PersonWatched(Event):
    """Inside the house: this person has a device from now on, or wishes otherwise to be told. Every
    process of notification_service listens to their events.
    """

    user_id: UserId

    def address(self) -> topics.Topic:
        """All of them together."""
        return topics.WATCHED

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user_id)
