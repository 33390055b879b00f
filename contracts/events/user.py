"""A person changes their own account."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.objects.user import CurrentUser


class UserUpdate(Event, CurrentUser):
    """Name, avatar, e-mail: told to the person's own sessions."""

    dispatch = "USER_UPDATE"

    def address(self) -> topics.Topic:
        """The person's own."""
        return topics.user(self.id)

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.id)
