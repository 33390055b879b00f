"""The places that this process hears, each entered once for all who need it: heard first, then
loaded, so that nothing is missed between; left a while after the last one went.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime

from chassis.clock import Clock
from chassis.tasks import Tasks
from contracts import limits, topics
from contracts.errors import DomainError, Unavailable
from contracts.events.base import Event
from contracts.events.settings import StatusChosen
from contracts.events.voice import StageInstanceCreate, VoiceStateUpdate
from contracts.ids import GuildId, UserId
from contracts.objects.presence import Presence
from contracts.permissions import Permission
from contracts.rpc.community import GetGuild
from contracts.rpc.presence import GetPresences
from contracts.rpc.signaling import GetVoiceStates, VoiceStates
from contracts.topics import Topic
from gateway.live.audience import Fanout
from gateway.live.guild_view import GuildView
from gateway.live.inquiry import Inquiry
from gateway.live.lately import Lately
from gateway.live.people import UserPlace
from gateway.live.places import GuildPlace, Place
from gateway.live.seams import Asks, Events, Hears
from gateway.live.viewer import Viewer

LINGER_S = limits.RESUMABLE_FOR_S
"""A topic without sessions is heard on for as long as they may come back: only who heard what
changed meanwhile can tell what they lost sight of.
"""

_VOICES_AGAIN_S = 2.0


class Unloadable(Unavailable):
    """A guild is there, but a neighbour that knows it is not."""


Outcome = bool | Unavailable
"""Whether there is such a place, or why nobody can say."""


class Atlas:
    """Places by topic."""

    def __init__(
        self, bus: Events, calls: Asks, fanout: Fanout, *, clock: Clock, tasks: Tasks
    ) -> None:
        self.heard = 0
        """How many places were ever heard: tells which of two was heard first."""
        self.on_join: Callable[[Viewer, int], None] = _ignore_join
        self.on_leave: Callable[[Viewer, int, int], None] = _ignore_leave
        self.on_status: Callable[[Viewer, StatusChosen], None] = _ignore_status
        self.on_say: Callable[[Place, Event], None] = _ignore_said
        self._bus = bus
        self._calls = calls
        self.inquiry = Inquiry(calls, tasks)
        self.lately = Lately(clock)
        self._fanout = fanout
        self._clock = clock
        self._tasks = tasks
        self._places: dict[Topic, Place] = {}
        self._entering: dict[Topic, asyncio.Future[Outcome]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def at(self, topic: Topic) -> Place | None:
        """The place of a topic, if it is heard."""
        return self._places.get(topic)

    def shows(self, viewer: Viewer, channel_id: int) -> bool:
        """Whether a session sees this channel of one of its guilds now."""
        for guild_id in viewer.guilds:
            place = self.guild_at(guild_id)
            if place is not None and place.view and channel_id in place.view.layout.rooms:
                return place.may(viewer, channel_id, int(Permission.VIEW_CHANNEL))
        return False

    def guild_at(self, guild_id: int) -> GuildPlace | None:
        """A guild, if its view is here."""
        place = self._places.get(topics.guild(guild_id))
        return place if isinstance(place, GuildPlace) and place.view is not None else None

    def person_at(self, user_id: int) -> UserPlace | None:
        """A person, if they are here."""
        place = self._places.get(topics.user(user_id))
        return place if isinstance(place, UserPlace) else None

    def holds(self, place: Place) -> bool:
        """Whether a place was not lost since it was entered."""
        return self._places.get(place.topic) is place

    async def person(self, user_id: int, hears: Hears) -> UserPlace:
        """The person's place, heard from now on; pinned until unpin()."""
        topic = topics.user(user_id)
        place = self._places.get(topic)
        if place is None:
            place = UserPlace(topic, user_id, self._fanout, self)
        await self._enter(place, hears)
        assert isinstance(place, UserPlace)
        return place

    async def guild(self, guild_id: int, hears: Hears) -> GuildPlace | None:
        """The guild's place with its view, current from now on and pinned until unpin(). None when
        there is no such guild.
        """
        topic = topics.guild(guild_id)
        place = self._places.get(topic)
        if place is None:
            place = GuildPlace(topic, guild_id, self._fanout, self.now)
        assert isinstance(place, GuildPlace)
        return place if await self._enter(place, hears) else None

    def unpin(self, place: Place) -> None:
        """The arrival is over, one way or the other."""
        place.pins -= 1

    def sweep(self, hears: Hears) -> None:
        """Stop hearing what nobody needs any more."""
        now = self._clock.monotonic()
        self.lately.forget()
        for place in tuple(self._places.values()):
            if place.is_used:
                place.unused_since = None
            elif place.unused_since is None:
                place.unused_since = now
            elif now - place.unused_since >= LINGER_S:
                self.forget(place.topic, hears)

    def forget(self, topic: Topic, hears: Hears) -> Place | None:
        """Hear it no more; who comes next enters it anew."""
        place = self._places.pop(topic, None)
        self._entering.pop(topic, None)
        if place is not None:
            self._bus.unsubscribe(topic, hears)
        return place

    def now(self) -> datetime:
        """The moment, for permissions that run out."""
        return self._clock.now()

    async def _enter(self, place: Place, hears: Hears) -> bool:
        topic = place.topic
        if topic not in self._places:
            self._places[topic] = place
            self._entering[topic] = asyncio.get_running_loop().create_future()
            self._tasks.spawn(f"enter:{topic}", self._open(place, hears, self._entering[topic]))
        entering = self._entering.get(topic)
        place.pins += 1
        try:
            outcome: Outcome = True if entering is None else await asyncio.shield(entering)
        except asyncio.CancelledError:
            self.unpin(place)
            raise
        if outcome is True and not self.holds(place):
            outcome = Unavailable(message=f"{topic} was lost while it was entered")
        if outcome is not True:
            self.unpin(place)
            if isinstance(outcome, Unavailable):
                raise type(outcome)(message=outcome.message)
        return outcome is True

    async def _open(self, place: Place, hears: Hears, entering: asyncio.Future[Outcome]) -> None:
        outcome: Outcome = Unavailable(message=f"{place.topic} can not be entered")
        try:
            await self._bus.subscribe(place.topic, hears)
            self.heard += 1
            place.heard_as = self.heard
            outcome = not isinstance(place, GuildPlace) or await self._load(place)
        except DomainError as error:
            outcome = Unloadable(message=error.message)
        finally:
            if self.holds(place):
                self._entering.pop(place.topic, None)
                if outcome is not True:
                    self.forget(place.topic, hears)
            entering.set_result(outcome)

    async def _load(self, place: GuildPlace) -> bool:
        asked = self.inquiry.threads.of(place.guild_id)
        found = await self._calls.ask(GetGuild(guild_id=GuildId(place.guild_id)))
        threads = await asked or ()
        if found.snapshot is None:
            return False
        presences: tuple[Presence, ...] = ()
        if members := tuple(UserId(member.user.id) for member in found.snapshot.members):
            presences = (await self._calls.ask(GetPresences(user_ids=members))).presences
        view = GuildView(found.snapshot, presences, threads=threads)
        try:
            voices = await self._voices(place)
            for state in voices.states:
                view.voices.take(int(state.user_id), state.encode())
            for stage in voices.stages:
                view.stages.take(int(stage.channel_id), stage.encode())
        except Unavailable:
            # Nobody waits for voice: who is there is told as soon as it can be known.
            self._tasks.spawn(f"voices:{place.topic}", self._tell_voices(place))
        place.open(view, self._bus.live_since(place.topic) or 0)
        return True

    async def _voices(self, place: GuildPlace) -> VoiceStates:
        return await self._calls.ask(GetVoiceStates(guild_id=GuildId(place.guild_id)))

    async def _tell_voices(self, place: GuildPlace) -> None:
        found: VoiceStates | None = None
        while found is None and self.holds(place):
            await self._clock.sleep(_VOICES_AGAIN_S)
            with contextlib.suppress(Unavailable):
                found = await self._voices(place)
        for state in found.states if found is not None and self.holds(place) else ():
            self.on_say(place, VoiceStateUpdate.model_validate(state.model_dump()))
        for stage in found.stages if found is not None and self.holds(place) else ():
            self.on_say(place, StageInstanceCreate.model_validate(stage.model_dump()))


def _ignore_join(viewer: Viewer, guild_id: int) -> None:
    del viewer, guild_id


def _ignore_said(place: Place, event: Event) -> None:
    del place, event


def _ignore_status(viewer: Viewer, chosen: StatusChosen) -> None:
    del viewer, chosen


def _ignore_leave(viewer: Viewer, guild_id: int, s: int) -> None:
    del viewer, guild_id, s
