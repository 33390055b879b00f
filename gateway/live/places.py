"""The topics this process listens to, and of those the guilds: a view, and the sessions in it. An
event comes in, changes what is known and who sees what, and goes out to whoever may have it;
whoever gained or lost sight of channels by it is told of them right behind it.

Audiences are worked out once and kept until something they depend on changes. How topics are
subscribed and how bytes are written is not known here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

import orjson

from contracts.events.base import REGISTRY, Event, Route, open_as
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.role import RoleDelete
from contracts.events.voice import VoiceStateUpdate
from contracts.identity import Kind
from contracts.intents import Intent
from contracts.permissions import READING, Permission
from contracts.topics import Topic
from gateway.live import hearing, syncing
from gateway.live.audience import Audience, Fanout
from gateway.live.codec import Frames
from gateway.live.crowd import Crowd, Move
from gateway.live.guild_view import GuildView, Steps
from gateway.live.layout import Room, Sight, Standing
from gateway.live.past import Formerly, Memory, Past
from gateway.live.replay import Entry
from gateway.live.threads import Joined
from gateway.live.viewer import ANYBODY, Viewer, bits_of
from gateway.live.voices import parting

Now = Callable[[], datetime]

_MEMBERS = frozenset({MemberAdd.__name__, MemberUpdate.__name__})
_MEMBER_GONE = MemberRemove.__name__
_ROLE_GONE = RoleDelete.__name__
_READING = int(READING)
_VIEW = int(Permission.VIEW_CHANNEL)
_GUILDS = int(Intent.GUILDS)
_VOICES = int(Intent.GUILD_VOICE_STATES)
_AUDIENCES = 2_048


class _Asks(NamedTuple):
    """What an event asks of those who are to have it; events that ask the same share audiences."""

    needs: int
    bits: int
    has_content: bool

    @property
    def is_lasting(self) -> bool:
        """Whether it may be answered once: a timeout runs out by itself, and it takes all but
        reading.
        """
        return not self.needs & ~_READING


@cache
def _asks(event: type[Event]) -> _Asks:
    return _Asks(int(event.needs), bits_of(event, in_guild=True), event.has_content)


class Place(ABC):
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
    @abstractmethod
    def viewers(self) -> Iterable[Viewer]:
        """The sessions here."""

    @property
    @abstractmethod
    def is_used(self) -> bool:
        """Whether somebody is here, or about to be."""

    @abstractmethod
    def take(self, entry: Entry) -> None:
        """An event of its topic."""


class GuildPlace(Place):
    """A guild. Until its view is loaded it only collects."""

    __slots__ = ("_audiences", "_collected", "_fanout", "_now", "crowd", "guild_id", "past", "view")

    crowd: Crowd

    def __init__(self, topic: Topic, guild_id: int, fanout: Fanout, now: Now) -> None:
        super().__init__(topic)
        self.guild_id = guild_id
        self.view: GuildView | None = None
        self.past = Past()
        """What changed lately about who sees what."""
        self._collected: list[Entry] = []
        self._audiences: dict[tuple[int | None, _Asks | None], Audience] = {}
        self._fanout = fanout
        self._now = now

    @property
    def viewers(self) -> Iterable[Viewer]:
        """The sessions of members."""
        if self.view is None:
            return []
        return [viewer for party in self.crowd for viewer in party.viewers]

    @property
    def is_used(self) -> bool:
        """Whether somebody is here, or about to be."""
        return bool(self.pins or (self.view is not None and len(self.crowd)))

    def open(self, view: GuildView, since: int) -> None:
        """The view is loaded, its topic heard from `since` on; what came meanwhile is applied."""
        for entry in self._collected:
            view.apply(entry.header.name, entry.header.route, entry.body)
            since = max(since, entry.s)
        self._collected.clear()
        self.view = view
        self.crowd = Crowd(view.layout)
        self.past.begin(since)

    def attach(self, viewer: Viewer, standing: Standing, joined: Joined) -> None:
        """A member's session gets events from now on; `joined` are their threads."""
        self.crowd.attach(viewer, standing, joined)
        self._audiences.clear()

    def detach(self, viewer: Viewer) -> None:
        """It gets no more."""
        if self.crowd.detach(viewer):
            self._audiences.clear()

    def take(self, entry: Entry) -> None:
        """Apply an event and hand it out. A channel that goes is told to those who saw it."""
        if self.view is None:
            self._collected.append(entry)
            return
        event = REGISTRY.get(entry.header.name)
        if event is ChannelDelete:
            audience = self._audience(event, entry.header.route.channel_id)
            self._clear_voices(entry)
            self._apply(entry)
            self._send(audience, Frames(entry.s, "CHANNEL_DELETE", entry.body))
            return
        has_threads = self.view.threads.were_any
        before = syncing.governing(self.view, self.crowd, entry) if has_threads else {}
        moves, former = self._apply(entry)
        moved = _by_viewer(moves)
        if event is not None and event.dispatch is not None:
            self._hand_out(event, entry, moved)
        if moved:
            is_told = {entry.header.route.channel_id or 0} if event is ChannelCreate else ()
            # A channel's own change hides it by one event: who has got only this resumes before.
            below = entry.s - (event is ChannelUpdate)
            self._tell_voices(below, moved, is_lost=True)
            self._tell_moves(entry.s, moved, former, frozenset(is_told))
            self._tell_voices(entry.s, moved, is_lost=False)
        if has_threads:
            syncing.follow(self.crowd, entry)
            if moved or before:
                syncing.tell(self.view, self.crowd, entry.s, moved, before, self._send)

    def sees(self, user_id: int, standing: Standing) -> Sight:
        """The channels that a member sees."""
        assert self.view is not None
        return self.view.layout.sees(user_id, standing.roles)

    def saw(self, user_id: int, standing: Standing, s: int) -> Memory | None:
        """What the client of a member knew when it had got everything up to `s`; None if nobody
        here can tell.
        """
        assert self.view is not None
        is_known = not self.view.is_large or self.crowd.known_roles(user_id) is not None
        layout = self.view.layout
        return self.past.sight(layout, user_id, standing.roles, s, is_known=is_known)

    def recall(self, user_id: int, standing: Standing, moments: tuple[int, ...]) -> Memory | None:
        """The same for a client that got everything up to the first of these moments, and was
        perhaps told of channels as they stood at the others.
        """
        first, *others = (self.saw(user_id, standing, moment) for moment in moments)
        for other in others:
            first = first.or_else(other) if first is not None and other is not None else None
        return first

    def may(self, viewer: Viewer, channel_id: int | None, needs: int) -> bool:
        """Whether a session holds all of this in a channel, or in the guild at large."""
        party = self.crowd.find(viewer.user_id) if self.view is not None else None
        if party is None or self.view is None:
            return False
        layout = self.view.layout
        held = layout.permissions(viewer.user_id, party.standing, channel_id, self._now())
        return held & needs == needs

    def lets_see(self, viewer: Viewer, entry: Entry) -> bool:
        """Whether a session may have this event of the past, as things stand now."""
        event = REGISTRY.get(entry.header.name)
        if event is None or event.dispatch is None or self.crowd.find(viewer.user_id) is None:
            return False
        route = entry.header.route
        if not (viewer.wants(event, in_guild=True) or hearing.concerns(event, route, viewer)):
            return False
        assert self.view is not None
        is_for_bots = hearing.is_for_bots(event, is_large=self.view.is_large)
        if is_for_bots and viewer.kind is not Kind.BOT:
            return False
        if not hearing.may_hear(self.crowd, self.view.layout, viewer.user_id, event, route):
            return False
        needs = int(event.needs)
        return not needs or self.may(viewer, route.room_id, needs)

    def _apply(self, entry: Entry) -> tuple[list[Move], dict[int, Room]]:
        """Who sees something else now, and channels as they were before."""
        assert self.view is not None
        name, route, crowd = entry.header.name, entry.header.route, self.crowd
        members: list[Formerly] = []
        moves: list[Move] = []
        is_otherwise = name == _ROLE_GONE
        if name == _ROLE_GONE:
            role_id = int(open_as(RoleDelete, entry.body).role_id)
            holders = crowd.holders(role_id)
            members = [(user_id, crowd.known_roles(user_id)) for user_id in holders]
            members += [each for each in self.view.holders(role_id) if each[0] not in holders]
            moves = crowd.strip(role_id, holders)
        elif name in _MEMBERS and route.user_id is not None:
            standing, user_id = Standing.of(orjson.loads(entry.body)), route.user_id
            former = crowd.known_roles(user_id) or self.view.roles_of(user_id)
            if name == MemberUpdate.__name__ and former != standing.roles:
                members = [(user_id, former)]
            # Names change more often than roles, and most of a large guild is not here.
            party = crowd.find(user_id)
            is_otherwise = party is not None and party.standing != standing
            moves = crowd.stand(user_id, standing)
        steps = self.view.apply(name, route, entry.body)
        moves += crowd.follow(steps) if steps else []
        is_gone = name == _MEMBER_GONE and crowd.drop(route.user_id or 0)
        if steps or is_gone or moves or is_otherwise:
            self._audiences.clear()
        if steps or members or is_gone or name in _MEMBERS:
            self.past.note(entry, steps, members)
        return moves, _rooms_before(steps)

    def _hand_out(self, event: type[Event], entry: Entry, moved: dict[Viewer, Move]) -> None:
        assert event.dispatch is not None
        route = entry.header.route
        audience = self._listeners(event, route)
        if moved and event is ChannelUpdate:
            # Whoever sees the channel only now gets it as a new one.
            audience = Audience(viewer for viewer in audience.viewers if viewer not in moved)
        if audience.withheld:
            audience = self._with_content(audience, entry)
        frames = Frames(entry.s, event.dispatch, self._body(event, entry))
        self._send(audience, frames)
        if route.left_id is not None:
            left = self._audience(event, route.left_id)
            behind = Audience(left.together - audience.together)
            self._send(behind, Frames(entry.s, event.dispatch, parting(entry.body)))
        if (concerned := hearing.concerned(self.crowd, event, route)) is not None:
            self._send(concerned, frames)

    def _body(self, event: type[Event], entry: Entry) -> bytes:
        if event is not ChannelUpdate or self.view is None:
            return entry.body
        # community_service does not know which message is the newest.
        return self.view.layout.rooms[entry.header.route.channel_id or 0].body

    def _tell_moves(
        self, s: int, moved: dict[Viewer, Move], former: dict[int, Room], is_told: Sight
    ) -> None:
        assert self.view is not None
        layout, made = self.view.layout, dict[tuple[str, int], Frames]()
        groups: dict[tuple[Sight, Sight], list[Viewer]] = {}
        for viewer, move in moved.items():
            if viewer.intents & _GUILDS:
                groups.setdefault((move.lost, move.gained - is_told), []).append(viewer)
        for (lost, gained), viewers in groups.items():
            audience = Audience(viewers)
            for t, rooms in (("CHANNEL_DELETE", lost), ("CHANNEL_CREATE", gained)):
                for room_id, room in layout.ordered(rooms):
                    frames = made.get((t, room_id))
                    if frames is None:
                        shown = former.get(room_id, room) if rooms is lost else room
                        frames = made[t, room_id] = Frames(s, t, shown.body)
                    self._send(audience, frames)

    def _tell_voices(self, s: int, moved: dict[Viewer, Move], *, is_lost: bool) -> None:
        """Who is in voice in channels that went out of sight, or came into it."""
        assert self.view is not None
        groups: dict[Sight, list[Viewer]] = {}
        for viewer, move in moved.items():
            if viewer.intents & _VOICES:
                groups.setdefault(move.lost if is_lost else move.gained, []).append(viewer)
        for rooms, viewers in groups.items():
            audience = Audience(viewers)
            for body in (body for room in rooms for body in self.view.voices.within(room)):
                told = parting(body) if is_lost else body
                self._send(audience, Frames(s, "VOICE_STATE_UPDATE", told))

    def _clear_voices(self, entry: Entry) -> None:
        """A channel goes, and with it whoever was in voice there."""
        assert self.view is not None
        channel_id = entry.header.route.channel_id or 0
        voices = self.view.voices.within(channel_id)
        self.past.close(entry, voices)
        for body in voices:
            # Below the deletion: who has got only this resumes before it.
            frames = Frames(entry.s - 1, "VOICE_STATE_UPDATE", parting(body))
            self._send(self._audience(VoiceStateUpdate, channel_id), frames)

    def _send(self, audience: Audience, frames: Frames) -> None:
        self._fanout.send(audience, frames)

    def _listeners(self, event: type[Event], route: Route) -> Audience:
        assert self.view is not None
        if hearing.is_for_bots(event, is_large=self.view.is_large):
            return hearing.bots(self.crowd, event)
        if route.hearers is not None:
            return hearing.audience(self.crowd, event, route, self._governors)
        return self._audience(event, route.room_id)

    def _governors(self, room_id: int) -> Sequence[Viewer]:
        assert self.view is not None
        key = (room_id, None)
        if key not in self._audiences:
            viewers = hearing.governing(self.crowd, self.view.layout, room_id)
            self._audiences[key] = Audience(viewers)
        return self._audiences[key].viewers

    def _audience(self, event: type[Event], channel_id: int | None) -> Audience:
        asks = _asks(event)
        key = (channel_id if asks.needs else None, asks)
        audience = self._audiences.get(key)
        if audience is None:
            audience = Audience(self._entitled(asks, key[0]), has_content=asks.has_content)
            if asks.is_lasting:
                if len(self._audiences) >= _AUDIENCES:
                    self._audiences.clear()
                self._audiences[key] = audience
        elif not audience.is_in_order:
            # Asked for again: now it is worth some order.
            audience = self._audiences[key] = audience.in_order()
        return audience

    def _entitled(self, asks: _Asks, channel_id: int | None) -> Iterable[Viewer]:
        for viewer in self._holding(asks.needs, channel_id):
            if asks.bits == ANYBODY or viewer.intents & asks.bits:
                yield viewer

    def _holding(self, needs: int, channel_id: int | None) -> Iterable[Viewer]:
        assert self.view is not None
        if needs == _VIEW and channel_id is not None:
            for rank in self.crowd.ranks:
                if channel_id in rank.sees:
                    yield from rank.viewers
            return
        layout, now = self.view.layout, self._now()
        for party in self.crowd:
            held = (
                layout.permissions(party.user_id, party.standing, channel_id, now) if needs else 0
            )
            if held & needs == needs:
                yield from party.viewers

    def _with_content(self, audience: Audience, entry: Entry) -> Audience:
        route = entry.header.route
        concerned = audience.withheld.intersection({route.author_id or 0, *route.mentions})
        if not concerned:
            return audience
        return Audience(audience.viewers, has_content=True, exempt=concerned)


def _rooms_before(steps: Steps) -> dict[int, Room]:
    return {step.id: step.former for step in steps if isinstance(step.former, Room)}


def _by_viewer(moves: Sequence[Move]) -> dict[Viewer, Move]:
    """From where each session came to where it is, over all steps of one event."""
    found: dict[Viewer, Move] = {}
    for move in moves:
        for viewer in move.viewers:
            first = found.get(viewer)
            found[viewer] = Move((), first.before, move.after) if first is not None else move
    return {viewer: move for viewer, move in found.items() if move.before != move.after}
