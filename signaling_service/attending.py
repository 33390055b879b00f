"""Keeps connections and stays alike: whoever connects has a stay, a stay that ends ends its
connection, one whose rights change lets the connection follow. Hears events of two kinds: changed
stays, and the facts of the guilds that are spoken here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from redis.exceptions import RedisError

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts import topics
from contracts.errors import DomainError
from contracts.events.base import name_of, open_as, unpack
from contracts.events.voice import (
    RecordingAnswered,
    RecordingAsked,
    StayChanged,
    StreamKeyWithdrawn,
)
from contracts.guild_facts import MEMBER_STALE_ON, STALE_ON
from contracts.rpc.media import Manner, Source
from contracts.topics import Topic
from signaling_service.actions import keeping, recording
from signaling_service.hall.hall import Hall
from signaling_service.hall.rooms import Guest, Room, Why
from signaling_service.tools import Tools

log = logger("attending")

_WHY = {"moved": Why.MOVED, "duplicate": Why.DUPLICATE, "left": Why.LEFT}
_SETTLE_S = 0.05
"""Changes that come together are looked at together."""


class Attending:
    """A listener of `topics.VOICE` and of the facts of guilds."""

    def __init__(self, tools: Tools, hall: Hall, *, clock: Clock, tasks: Tasks) -> None:
        self._tools = tools
        self._hall = hall
        self._clock = clock
        self._tasks = tasks
        self._epoch: str | None = None
        """Names the data in Redis: another one means that the stays are lost."""
        self._watched: set[int] = set()
        self._dirty: dict[int, set[int] | None] = {}
        """Guilds in which something changed: for these people, or (None) for everybody."""
        hall.on_gone = self._gone
        hall.on_shown = self._shown

    # The bus.

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """An event."""
        del n, stamp
        name = name_of(record)
        if topic == topics.VOICE:
            self._told(name, record)
            return
        route = unpack(record)[0].route
        if route.guild_id is None:
            return
        if name in MEMBER_STALE_ON and route.user_id is not None:
            self._look_at(route.guild_id, {route.user_id})
        elif name in STALE_ON | MEMBER_STALE_ON:
            self._look_at(route.guild_id, None)

    def _told(self, name: str, record: bytes) -> None:
        """By another signaling process, or by this one."""
        body = unpack(record)[1]
        if name == StayChanged.__name__:
            self._do("stay", self._stay_changed(open_as(StayChanged, body)))
        elif name == RecordingAsked.__name__:
            asked = open_as(RecordingAsked, body)
            self._do("record", recording.carry_out(self._tools, self._hall, asked))
        elif name == StreamKeyWithdrawn.__name__:
            key = int(open_as(StreamKeyWithdrawn, body).key_id)
            self._do("withdraw", self._dismiss(lambda one: one.stream_key == key))
        elif name == RecordingAnswered.__name__:
            said = open_as(RecordingAnswered, body)
            self._tools.answers.came(int(said.asked_id), said.refusal)

    def lost(self, topic: Topic) -> None:
        """Something was missed: everything is compared soon anyway (`compare`)."""
        log.info("topic.lost", topic=topic)

    # The clock.

    async def compare(self) -> None:
        """Stays on this node without a connection that think they have one, connections without a
        stay, and guilds to listen to.
        """
        # Those who are here before the stays are read: each of them has one, or is to go. Who comes
        # while they are read has one that was not read.
        here = self._guests()
        stays = await self._tools.stays.on(self._tools.node)
        await self._watch({stay.guild_id for stay in stays if stay.guild_id is not None})
        tickets, people = {stay.ticket for stay in stays}, {stay.user_id for stay in stays}
        await self._dismiss(lambda one: bool(one.on_behalf) and one.on_behalf not in people)
        epoch, former = self._tools.bus.epoch, self._epoch
        self._epoch = epoch
        for guest in here:
            stay = guest.stay
            if stay is None or stay.ticket in tickets or guest.is_gone:
                continue
            is_lost = former is not None and epoch != former
            if not (is_lost and await keeping.restore(self._tools, stay)):
                await self._hall.leave(guest, Why.REMOVED)
        known = {guest.stay.ticket for guest in self._guests() if guest.stay is not None}
        for stay in stays:
            if stay.ticket not in known and not stay.is_awaited:
                await keeping.broke(self._tools, stay.place_id, stay.user_id, stay.ticket)

    def _guests(self) -> list[Guest]:
        return [one for room in self._hall.rooms.values() for one in room.guests.values()]

    async def _watch(self, guilds: set[int]) -> None:
        for guild_id in self._watched - guilds:
            self._tools.bus.unsubscribe(topics.facts(guild_id), self)
        for guild_id in guilds - self._watched:
            await self._begin(guild_id)
        self._watched = guilds

    async def _begin(self, guild_id: int) -> None:
        """Listen to a guild, and look at who is there: what changed before was not heard."""
        self._watched.add(guild_id)
        await self._tools.bus.subscribe(topics.facts(guild_id), self)
        self._look_at(guild_id, None)

    # What happens.

    async def _stay_changed(self, said: StayChanged) -> None:
        if said.is_over and said.why != "duplicate":
            await self._dismiss(lambda one: one.on_behalf == said.user_id)
        guest = self._hall.ticketed(said.ticket)
        if guest is not None and said.is_over:
            await self._hall.leave(guest, _WHY.get(said.why, Why.REMOVED))
            return
        stay = await self._tools.stays.one(said.place_id, int(said.user_id))
        if stay is None or stay.ticket != said.ticket or stay.node != self._tools.node:
            return
        if stay.guild_id is not None and stay.guild_id not in self._watched:
            await self._begin(stay.guild_id)
        if guest is not None:
            guest.stay = stay
            rights = await keeping.rights_of(self._tools, stay)
            room = self._hall.rooms.get(self._hall.name_of(guest))
            for one in (guest, *(room.companions(stay.user_id) if room is not None else ())):
                await self._hall.allow(one, one.heeded(rights))

    async def _dismiss(self, is_meant: Callable[[Guest], bool]) -> None:
        """Programs that show something for those who are gone, or by a key that is withdrawn."""
        for guest in self._guests():
            if is_meant(guest):
                await self._hall.leave(guest, Why.LEFT)

    def _look_at(self, guild_id: int, people: set[int] | None) -> None:
        if guild_id not in self._dirty:
            self._dirty[guild_id] = people
            self._do("follow", self._follow(guild_id))
            return
        known = self._dirty[guild_id]
        self._dirty[guild_id] = None if known is None or people is None else known | people

    async def _follow(self, guild_id: int) -> None:
        await self._clock.sleep(_SETTLE_S)
        people = self._dirty.pop(guild_id)
        stays = await self._tools.stays.within(guild_id)
        mine = [
            stay
            for stay in stays
            if stay.node == self._tools.node and (people is None or stay.user_id in people)
        ]
        await keeping.follow(self._tools, mine)

    def _gone(self, guest: Guest, why: Why) -> None:
        stay = guest.stay
        for room in self._hall.rooms.values() if guest.on_behalf else ():
            self._show_all(room.by_identity(str(guest.on_behalf)), room)
        if stay is None or why in (Why.MOVED, Why.DUPLICATE, Why.REMOVED):
            return
        named = (self._tools, stay.place_id, stay.user_id, stay.ticket)
        if why in (Why.LEFT, Why.CLOSED):
            self._do("hung up", keeping.hung_up(*named, why.value))
        else:
            self._do("broke", keeping.broke(*named))

    def _shown(self, guest: Guest) -> None:
        room = self._hall.rooms.get(self._hall.name_of(guest))
        if guest.stay is None and guest.on_behalf and room is not None:
            self._show_all(room.by_identity(str(guest.on_behalf)), room)
        elif guest.stay is not None and room is not None:
            self._show_all(guest, room)

    def _show_all(self, guest: Guest | None, room: Room) -> None:
        """What somebody shows, by their own client and by programs."""
        if guest is None or (stay := guest.stay) is None:
            return
        them = (guest, *room.companions(stay.user_id))
        up = [track for one in them for track in one.tracks.values() if not track.is_muted]
        voices = [t for t in guest.tracks.values() if t.source is Source.MICROPHONE and t.is_up]
        has_switch = bool(voices) and guest.manner is not Manner.CORD
        self._do(
            "shows",
            keeping.shows(
                self._tools,
                stay,
                camera=any(track.source is Source.CAMERA for track in up),
                screen=any(track.source is Source.SCREEN for track in up),
                is_muted=all(track.is_muted for track in voices) if has_switch else None,
            ),
        )

    def _do(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.spawn(f"attending:{name}", self._try(name, work))

    async def _try(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (TimeoutError, DomainError, RedisError, OSError) as error:
            # What is compared every few seconds makes good what failed here.
            log.warning("attending.failed", what=name, reason=repr(error))
