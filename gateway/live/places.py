"""The topics this process listens to: a guild with its view and the sessions in it, a person with
theirs. An event comes in, changes what is known, and goes out to whoever may have it.

Audiences are worked out once and kept until something they depend on changes. How topics are
subscribed and how bytes are written is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson

from contracts.events.base import REGISTRY, Event, open_as
from contracts.events.channel import ChannelDelete
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.presence import PresenceUpdate
from contracts.permissions import READING
from contracts.topics import Topic
from contracts.wire import JSON
from gateway.live.audience import Audience, Fanout
from gateway.live.codec import Frames
from gateway.live.guild_view import GuildView, Standing
from gateway.live.replay import JOINED, LEFT, Entry
from gateway.live.viewer import ANYBODY, Viewer, bits_of

Now = Callable[[], datetime]

_MEMBERS = frozenset({MemberAdd.__name__, MemberUpdate.__name__})
_MEMBER_GONE = MemberRemove.__name__
_AUDIENCES = 2_048


@dataclass(slots=True)
class _Seat:
    standing: Standing
    viewers: tuple[Viewer, ...]


class Place:
    """A topic with sessions."""

    __slots__ = ("heard_as", "pins", "topic", "unused_since")

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.pins = 0
        """How many arrivals need it just now."""
        self.heard_as = 0
        """The number by which its topic began to be heard."""
        self.unused_since: float | None = None

    @property
    def viewers(self) -> Iterable[Viewer]:
        """The sessions here."""
        raise NotImplementedError

    @property
    def is_used(self) -> bool:
        """Whether somebody is here, or about to be."""
        raise NotImplementedError

    def take(self, entry: Entry) -> None:
        """An event of its topic."""
        raise NotImplementedError


class GuildPlace(Place):
    """A guild. Until its view is loaded it only collects."""

    __slots__ = ("_audiences", "_collected", "_fanout", "_now", "_seats", "guild_id", "view")

    def __init__(self, topic: Topic, guild_id: int, fanout: Fanout, now: Now) -> None:
        super().__init__(topic)
        self.guild_id = guild_id
        self.view: GuildView | None = None
        self._collected: list[Entry] = []
        self._seats: dict[int, _Seat] = {}
        self._audiences: dict[tuple[int | None, str], Audience] = {}
        self._fanout = fanout
        self._now = now

    @property
    def viewers(self) -> Iterable[Viewer]:
        """The sessions of members."""
        return [viewer for seat in self._seats.values() for viewer in seat.viewers]

    @property
    def is_used(self) -> bool:
        """Whether somebody is here, or about to be."""
        return bool(self._seats or self.pins)

    def open(self, view: GuildView) -> None:
        """The view is loaded; what came meanwhile is applied to it."""
        for entry in self._collected:
            view.apply(entry.header.name, entry.header.route, entry.body)
        self._collected.clear()
        self.view = view

    def attach(self, viewer: Viewer, standing: Standing) -> None:
        """A member's session gets events from now on."""
        seat = self._seats.get(viewer.user_id)
        if seat is None:
            self._seats[viewer.user_id] = _Seat(standing, (viewer,))
        elif viewer not in seat.viewers:
            seat.viewers = (*seat.viewers, viewer)
        self._audiences.clear()

    def detach(self, viewer: Viewer) -> None:
        """It gets no more."""
        seat = self._seats.get(viewer.user_id)
        if seat is None or viewer not in seat.viewers:
            return
        seat.viewers = tuple(other for other in seat.viewers if other is not viewer)
        if not seat.viewers:
            del self._seats[viewer.user_id]
        self._audiences.clear()

    def take(self, entry: Entry) -> None:
        """Apply an event and hand it out. A channel that goes is told to those who saw it."""
        if self.view is None:
            self._collected.append(entry)
            return
        name, route = entry.header.name, entry.header.route
        event = REGISTRY.get(name)
        if event is ChannelDelete:
            audience = self._audience(event, route.channel_id)
            self._apply(entry)
        else:
            self._apply(entry)
            if event is None or event.dispatch is None:
                return
            audience = self._audience(event, route.channel_id)
        assert event.dispatch is not None
        if audience.withheld:
            audience = self._with_content(audience, entry)
        frames = Frames(entry.s, event.dispatch, entry.body)
        self._fanout.send(audience, frames)
        if event is MemberUpdate and (seat := self._seats.get(route.user_id or 0)):
            # One's own roles are told whatever the intents.
            rest = [v for v in seat.viewers if not v.wants(event, in_guild=True)]
            self._fanout.send(Audience(rest), frames)

    def lets_see(self, viewer: Viewer, entry: Entry) -> bool:
        """Whether a session may have this event of the past, as things stand now."""
        event = REGISTRY.get(entry.header.name)
        seat = self._seats.get(viewer.user_id)
        if event is None or event.dispatch is None or seat is None or self.view is None:
            return False
        route = entry.header.route
        if not viewer.wants(event, in_guild=True):
            return event is MemberUpdate and route.user_id == viewer.user_id
        needs = int(event.needs)
        if not needs:
            return True
        if event is ChannelDelete:
            overwrites = open_as(ChannelDelete, entry.body).permission_overwrites
            held = self.view.permissions_under(
                viewer.user_id, seat.standing, overwrites, self._now()
            )
        else:
            held = self.view.permissions(
                viewer.user_id, seat.standing, route.channel_id, self._now()
            )
        return held & needs == needs

    def _apply(self, entry: Entry) -> None:
        assert self.view is not None
        name, route = entry.header.name, entry.header.route
        if self.view.apply(name, route, entry.body):
            self._audiences.clear()
        seat = self._seats.get(route.user_id) if route.user_id is not None else None
        if seat is None:
            return
        if name in _MEMBERS:
            seat.standing = standing_in(entry.body)
            self._audiences.clear()
        elif name == _MEMBER_GONE:
            del self._seats[route.user_id or 0]
            self._audiences.clear()

    def _audience(self, event: type[Event], channel_id: int | None) -> Audience:
        key = (channel_id if event.needs else None, event.__name__)
        audience = self._audiences.get(key)
        if audience is None:
            audience = Audience(self._entitled(event, key[0]), has_content=event.has_content)
            # A timeout runs out by itself, and it takes all but reading.
            if not event.needs & ~READING:
                if len(self._audiences) >= _AUDIENCES:
                    self._audiences.clear()
                self._audiences[key] = audience
        return audience

    def _entitled(self, event: type[Event], channel_id: int | None) -> Iterable[Viewer]:
        assert self.view is not None
        now = self._now()
        needs, bits = int(event.needs), bits_of(event, in_guild=True)
        for user_id, seat in self._seats.items():
            if needs:
                held = self.view.permissions(user_id, seat.standing, channel_id, now)
                if held & needs != needs:
                    continue
            for viewer in seat.viewers:
                if bits == ANYBODY or viewer.intents & bits:
                    yield viewer

    def _with_content(self, audience: Audience, entry: Entry) -> Audience:
        route = entry.header.route
        concerned = audience.withheld.intersection({route.author_id or 0, *route.mentions})
        if not concerned:
            return audience
        return Audience(audience.viewers, has_content=True, exempt=concerned)


class UserPlace(Place):
    """A person: the sessions of one account, and what is for them alone."""

    __slots__ = ("_fanout", "_join", "_leave", "_viewers", "changes", "user_id")

    def __init__(
        self,
        topic: Topic,
        user_id: int,
        fanout: Fanout,
        *,
        join: Callable[[Viewer, int], None],
        leave: Callable[[Viewer, int, int], None],
    ) -> None:
        super().__init__(topic)
        self.user_id = user_id
        self.changes = 0
        """Events that make what was asked about the person stale."""
        self._viewers: list[Viewer] = []
        self._fanout = fanout
        self._join = join
        self._leave = leave

    @property
    def viewers(self) -> Iterable[Viewer]:
        """The person's sessions."""
        return tuple(self._viewers)

    @property
    def is_used(self) -> bool:
        """Whether somebody is here, or about to be."""
        return bool(self._viewers or self.pins)

    def attach(self, viewer: Viewer) -> None:
        """A session gets events from now on."""
        if viewer not in self._viewers:
            self._viewers.append(viewer)

    def detach(self, viewer: Viewer) -> None:
        """It gets no more."""
        if viewer in self._viewers:
            self._viewers.remove(viewer)

    def take(self, entry: Entry) -> None:
        """Joins and leaves change where a session listens; the rest is handed out."""
        name, route = entry.header.name, entry.header.route
        event = REGISTRY.get(name)
        # What is said in a conversation changes nothing that was asked about the person.
        if event is None or not (event is PresenceUpdate or event.needs):
            self.changes += 1
        if event is None:
            return
        audience = [v for v in self._viewers if self.lets_see(v, event, entry)]
        if route.guild_id is not None and name in (JOINED, LEFT):
            audience = [v for v in audience if (route.guild_id in v.guilds) == (name == LEFT)]
            for viewer in [v for v in self._viewers if not v.is_behind]:
                if name == JOINED:
                    self._join(viewer, route.guild_id)
                else:
                    self._leave(viewer, route.guild_id, entry.s)
        if event.dispatch is not None:
            frames = Frames(entry.s, event.dispatch, entry.body)
            self._fanout.send(Audience(audience), frames)

    @staticmethod
    def lets_see(viewer: Viewer, event: type[Event], entry: Entry) -> bool:
        """Whether intents and shard let a session have an event of its person."""
        guild_id = entry.header.route.guild_id
        mine = viewer.takes_private if guild_id is None else viewer.wants_guild(guild_id)
        return mine and viewer.wants(event, in_guild=guild_id is not None)


def standing_in(body: bytes) -> Standing:
    """The standing that a member event tells."""
    member: JSON = orjson.loads(body)
    until = member.get("communication_disabled_until")
    return Standing(
        tuple(sorted(map(int, member["roles"]))),
        datetime.fromisoformat(until) if until else None,
    )
