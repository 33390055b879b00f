"""All sessions of one process: hears the bus, keeps the ring and the process's highest s, and lets
each place hand its events out. How sessions come to be here is arrival.py's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts import limits, topics
from contracts.closecodes import Close
from contracts.events.base import Event, Header, open_as, unpack
from contracts.events.session import LoginEnded
from contracts.topics import Topic
from gateway.live.atlas import Atlas
from gateway.live.audience import Fanout
from gateway.live.people import UserPlace
from gateway.live.places import GuildPlace, Place
from gateway.live.replay import Entry, Ring
from gateway.live.seams import Asks, Events
from gateway.live.viewer import Viewer

log = logger("hub")

_FIRST_S = 1 << 20
"""Below any stamp, and above any number of guilds in a READY before the first stamp."""


class Lags:
    """The greatest number of the last minutes."""

    def __init__(self) -> None:
        self._now = self._before = 0
        self._since = 0.0

    @property
    def most(self) -> int:
        """It."""
        return max(self._now, self._before)

    def saw(self, lag: int) -> None:
        """One more."""
        self._now = max(self._now, lag)

    def age(self, now: float) -> None:
        """Forget what is older than any session could be."""
        if now - self._since > limits.REPLAY_FOR_S:
            self._before, self._now, self._since = self._now, 0, now


class Hub:
    """A listener of every topic that a session here needs."""

    def __init__(
        self, bus: Events, calls: Asks, *, clock: Clock, tasks: Tasks, ring_bytes: int = 32 << 20
    ) -> None:
        self.bus = bus
        self.ring = Ring(ring_bytes)
        self.s = _FIRST_S
        """The highest s so far."""
        self.lags = Lags()
        """By how much events were late among those of other topics."""
        self.ended = 0
        """The ring's mark behind the last login that ended: few who arrive have to look."""
        self.viewers: dict[str, Viewer] = {}
        """Live sessions by id."""
        self.on_join: Callable[[Viewer], None] = _ignore
        """Told when a live session is to be let into a guild, at the ring's last entry."""
        self.on_taken: list[Callable[[GuildPlace, Entry], None]] = []
        """Told of everything that a guild has taken."""
        self.on_moved: Callable[[Viewer], None] = _ignore
        """Told when the guilds of a session changed."""
        self.fanout = Fanout(lambda flush: asyncio.get_running_loop().call_soon(flush))
        self.atlas = Atlas(bus, calls, self.fanout, clock=clock, tasks=tasks)
        self.atlas.on_join = self._join
        self.atlas.on_leave = self.leave
        self.atlas.on_say = self.say
        self._clock = clock

    async def start(self) -> None:
        """Hear of logins that end."""
        await self.bus.subscribe(topics.IDENTITY, self)

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """Remember the event and hand it out."""
        del n
        header, body = unpack(record)
        if stamp > self.s:
            self.s, late = stamp, 0
        else:
            # Another topic was ahead of it: of another server's clock, or repaired before it.
            self.s, late = self.s + 1, stamp
            self.lags.saw(self.s - stamp)
        entry = Entry(self.s, topic, header, body, self._clock.monotonic(), late)
        self.ring.append(entry)
        place = self.atlas.at(topic)
        if place is not None:
            self._take(place, entry)
        elif header.name == LoginEnded.__name__:
            self.ended = self.ring.mark
            ended = open_as(LoginEnded, body)
            for viewer in tuple(self.viewers.values()):
                if ends(ended, viewer.user_id, viewer.login_id):
                    viewer.link.close(Close.AUTHENTICATION_FAILED)

    def say(self, place: Place, event: Event) -> None:
        """An event that this process alone tells of: as if it had been heard just now."""
        header = Header(0, type(event).__name__, event.route(), "")
        entry = Entry(self.s, place.topic, header, event.encode(), self._clock.monotonic())
        self.ring.append(entry)
        self._take(place, entry)

    def lost(self, topic: Topic) -> None:
        """Whoever needs this topic has to begin anew."""
        viewers: Iterable[Viewer]
        if topic == topics.IDENTITY:
            viewers = tuple(self.viewers.values())
        else:
            place = self.atlas.forget(topic, self)
            viewers = tuple(place.viewers) if place is not None else ()
        log.warning("topic.lost", topic=topic, sessions=len(tuple(viewers)))
        for viewer in viewers:
            viewer.link.invalidate()

    def attach(self, viewer: Viewer) -> None:
        """The session is live; its guilds are attached one by one."""
        self.viewers[viewer.session_id] = viewer
        person = self.atlas.person_at(viewer.user_id)
        assert isinstance(person, UserPlace)
        person.attach(viewer)

    def leave(self, viewer: Viewer, guild_id: int, s: int) -> None:
        """The session's person is no longer in that guild."""
        viewer.unavailable.pop(guild_id, None)
        since = viewer.guilds.get(guild_id)
        if since is None:
            return
        if (guild := self.atlas.guild_at(guild_id)) is not None:
            guild.detach(viewer)
        stays = [stay for stay in viewer.stays if stay != (guild_id, since, 0)]
        viewer.settle([*stays, (guild_id, since, s)], s)
        self.on_moved(viewer)

    def detach(self, viewer: Viewer) -> None:
        """Nothing is known of the session here any more."""
        if self.is_live(viewer):
            del self.viewers[viewer.session_id]
        for guild_id in viewer.guilds:
            if (guild := self.atlas.guild_at(guild_id)) is not None:
                guild.detach(viewer)
        if (person := self.atlas.person_at(viewer.user_id)) is not None:
            person.detach(viewer)

    def is_live(self, viewer: Viewer) -> bool:
        """Whether the session is still here."""
        return self.viewers.get(viewer.session_id) is viewer

    def sweep(self) -> None:
        """Forget places that nobody needs. To be called every few seconds."""
        self.atlas.sweep(self)
        self.lags.age(self._clock.monotonic())

    def raise_to(self, stamps: Iterable[int]) -> int:
        """Lift the highest s to stamps up to which everything has been heard; returns it."""
        self.s = max(self.s, *stamps, 0)
        return self.s

    def _take(self, place: Place, entry: Entry) -> None:
        place.take(entry)
        if isinstance(place, GuildPlace) and place.view is not None:
            for told in self.on_taken:
                told(place, entry)

    def _join(self, viewer: Viewer, guild_id: int) -> None:
        if guild_id not in viewer.guilds and viewer.wants_guild(guild_id):
            self.on_join(viewer)


def ends(ended: LoginEnded, user_id: int, login_id: int) -> bool:
    """Whether this login is among those that ended."""
    return int(ended.user_id) == user_id and ended.login_id in (None, login_id)


def _ignore(viewer: Viewer) -> None:
    del viewer
