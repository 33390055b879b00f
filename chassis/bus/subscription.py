"""One topic as this process hears it: its cursor, its listeners, who waits for it."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Protocol

from chassis.bus.cursor import Cursor, Head
from chassis.logs import logger
from contracts import topics
from contracts.topics import Topic

log = logger("bus")


class Listener(Protocol):
    """Who hears a topic. Both are called from the event loop and must not block."""

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """The next event: in order, once."""

    def lost(self, topic: Topic) -> None:
        """Events were missed and can not be had. What comes from now on is whole again."""


class State(Enum):
    """How far a subscription is."""

    ASKING = "the head is not known yet"
    REPAIRING = "something may be missing: the head is asked for, arrivals are passed over"
    READING = "missed entries are read from the log, where later arrivals are too"
    LIVE = "every arrival is delivered"


class Subscription:
    """The state of one topic."""

    __slots__ = (
        "channel",
        "cursor",
        "has_lost",
        "listeners",
        "live_since",
        "state",
        "topic",
        "waiting",
    )

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.channel = topics.pubsub(topic).encode()
        self.cursor = Cursor()
        self.state = State.ASKING
        self.has_lost = False
        self.live_since: int | None = None
        self.listeners: tuple[Listener, ...] = ()
        self.waiting: list[asyncio.Future[None]] = []

    def deliver(self, n: int, stamp: int, record: bytes) -> None:
        """Hand an event to every listener; one that fails is told that it has lost it."""
        for listener in self.listeners:
            try:
                listener.deliver(self.topic, n, stamp, record)
            except Exception as error:  # one listener's fault must not become the others'
                log.error("listener.failed", topic=self.topic, exc=error)
                _tell_lost(listener, self.topic)

    def forget(self) -> None:
        """What was missed can not be had: begin anew at the next head, and say so then."""
        self.has_lost = self.has_lost or self.live_since is not None
        self.live_since = None
        self.state = State.ASKING

    def settle(self, head: Head) -> None:
        """Begin at this head: from here on nothing is missed."""
        self.cursor = Cursor(head.n, head.stamp)
        self.live_since = head.stamp
        has_lost, self.has_lost = self.has_lost, False
        self.go_live()
        if has_lost:
            for listener in self.listeners:
                _tell_lost(listener, self.topic)

    def go_live(self) -> None:
        """Nothing is missing now: whoever waits may go on."""
        self.state = State.LIVE
        for future in self.waiting:
            if not future.done():
                future.set_result(None)
        self.waiting.clear()


def _tell_lost(listener: Listener, topic: Topic) -> None:
    try:
        listener.lost(topic)
    except Exception as error:  # as above
        log.error("listener.failed", topic=topic, exc=error)
