"""Friends, requests and blocks, each told to the one whose list changes."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import UserId
from contracts.objects.relationship import Relationship, RelationshipType
from contracts.wire import Wire


class _Told(Wire):
    user_id: UserId
    """Whose list it is."""

    def address(self) -> topics.Topic:
        """That person's own."""
        return topics.user(self.user_id)

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user_id)


class RelationshipAdd(_Told, Relationship, Event):
    """Somebody is new in the list, or of another type: asked, asks, is a friend, is blocked."""

    dispatch = "RELATIONSHIP_ADD"

    should_notify: bool = False
    """Whether it is news: a request, or its acceptance."""


class RelationshipUpdate(_Told, Relationship, Event):
    """The nickname changed, or the friend's own face."""

    dispatch = "RELATIONSHIP_UPDATE"


class RelationshipRemove(_Told, Event):
    """Somebody is gone from the list."""

    dispatch = "RELATIONSHIP_REMOVE"

    id: UserId
    type: RelationshipType
    """As it was."""


class FriendshipChanged(Event):
    """Inside the house: these two are friends from now on, and may see each other, or no longer."""

    user_ids: tuple[UserId, UserId]
    are_friends: bool

    def address(self) -> topics.Topic:
        """All friendships together: who listens holds many people."""
        return topics.FRIENDSHIPS

    def route(self) -> Route:
        """By one of the two."""
        return Route(user_id=self.user_ids[0])
