"""A person changes or deletes their own account."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import UserId
from contracts.objects.user import CurrentUser, User


class UserUpdate(Event, CurrentUser):
    """Name, avatar, e-mail: told to the person's own sessions."""

    dispatch = "USER_UPDATE"

    def address(self) -> topics.Topic:
        """The person's own."""
        return topics.user(self.id)

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.id)


class UserDeleted(Event):
    """Inside the house: this account is gone, and its face is that of a deleted user."""

    user_id: UserId

    def address(self) -> topics.Topic:
        """With the ends of its login sessions, which whoever keeps something of people hears."""
        return topics.IDENTITY

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user_id)


class FaceChanged(Event):
    """Inside the house: what others see of this person or bot is another from now on. Whoever keeps
    copies of faces takes this one.
    """

    user: User

    def address(self) -> topics.Topic:
        """All faces together: those who keep copies keep many."""
        return topics.FACES

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user.id)
