"""The people this process listens for: the sessions of one account, and what is for them alone.

Joins and leaves are heard here; how a session is let into a guild is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from contracts.events.base import REGISTRY, Event, open_as
from contracts.events.presence import PresenceUpdate, SessionsReplace
from contracts.events.settings import StatusChosen
from contracts.events.voice import VoiceServerUpdate
from contracts.identity import Kind
from contracts.topics import Topic
from gateway.live.audience import Audience, Fanout
from gateway.live.codec import Frames
from gateway.live.places import Place
from gateway.live.replay import JOINED, LEFT, Entry
from gateway.live.viewer import Viewer


class Told(Protocol):
    """Who is told of what changes for a session."""

    on_join: Callable[[Viewer, int], None]
    on_leave: Callable[[Viewer, int, int], None]
    on_status: Callable[[Viewer, StatusChosen], None]


class UserPlace(Place):
    """A person: the sessions of one account, and what is for them alone."""

    __slots__ = ("_fanout", "_tell", "_viewers", "changes", "user_id")

    def __init__(self, topic: Topic, user_id: int, fanout: Fanout, tell: Told) -> None:
        super().__init__(topic)
        self.user_id = user_id
        self.changes = 0
        """Events that make what was asked about the person stale."""
        self._viewers: list[Viewer] = []
        self._fanout = fanout
        self._tell = tell

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
        is_own = event in (PresenceUpdate, SessionsReplace, VoiceServerUpdate)
        if event is None or not (is_own or event.needs):
            self.changes += 1
        if event is None:
            return
        audience = [v for v in self._viewers if self.lets_see(v, event, entry)]
        if route.guild_id is not None and name in (JOINED, LEFT):
            known = (v.guilds.keys() | v.unavailable.keys() for v in audience)
            pairs = zip(audience, known, strict=True)
            audience = [v for v, guilds in pairs if (route.guild_id in guilds) == (name == LEFT)]
            for viewer in [v for v in self._viewers if not v.is_behind]:
                if name == JOINED:
                    self._tell.on_join(viewer, route.guild_id)
                else:
                    self._tell.on_leave(viewer, route.guild_id, entry.s)
        if event is StatusChosen:
            chosen = open_as(StatusChosen, entry.body)
            for viewer in self._viewers:
                self._tell.on_status(viewer, chosen)
        if event.dispatch is not None:
            frames = Frames(entry.s, event.dispatch, entry.body)
            self._fanout.send(Audience(audience), frames)

    @staticmethod
    def lets_see(viewer: Viewer, event: type[Event], entry: Entry) -> bool:
        """Whether intents and shard let a session have an event of its person."""
        guild_id = entry.header.route.guild_id
        mine = viewer.takes_private if guild_id is None else viewer.wants_guild(guild_id)
        if event is SessionsReplace and viewer.kind is Kind.BOT:
            return False
        if event is VoiceServerUpdate and not _is_for(viewer, entry):
            return False
        return mine and viewer.wants(event, in_guild=guild_id is not None)


def _is_for(viewer: Viewer, entry: Entry) -> bool:
    """Where to connect is told to the session that asked alone."""
    return open_as(VoiceServerUpdate, entry.body).session_id == viewer.session_id
