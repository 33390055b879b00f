"""Events that this service reacts to: two people become friends, or part."""

from __future__ import annotations

from chassis.tasks import Tasks
from contracts.events.base import name_of, open_as, unpack
from contracts.events.relationship import FriendshipChanged
from contracts.topics import Topic
from presence_service.announcing import Announcer
from presence_service.audience import Audience


class Inbox:
    """Hears of friendships. Every process does: each remembers friends of its own."""

    def __init__(self, audience: Audience, announcer: Announcer, tasks: Tasks) -> None:
        self._audience = audience
        self._announcer = announcer
        self._tasks = tasks

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """An event."""
        del topic, n, stamp
        if name_of(record) != FriendshipChanged.__name__:
            return
        _, body = unpack(record)
        said = open_as(FriendshipChanged, body)
        self._audience.forget_friends(*said.user_ids)
        if said.are_friends:
            self._tasks.spawn("presence:introduce", self._announcer.introduce(*said.user_ids))

    def lost(self, topic: Topic) -> None:
        """Anybody may have other friends."""
        del topic
        self._audience.forget_friends()
