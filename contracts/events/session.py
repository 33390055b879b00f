"""Login sessions end: every edge forgets the token at once and closes its sockets."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import UserId


class LoginEnded(Event):
    """Inside the house: one login session (or, without an id, all of them) is dead."""

    user_id: UserId
    login_id: int | None = None

    def address(self) -> topics.Topic:
        """Every edge listens."""
        return topics.IDENTITY

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user_id)
