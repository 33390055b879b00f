"""The hall: lets guests into rooms and out of them, carries what doors ask to the media worker, and
what the worker tells to the doors.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from secrets import token_urlsafe
from typing import TypeVar

from chassis.clock import Clock
from chassis.logs import logger
from contracts.errors import Conflict, DomainError, ErrorCode, NotFound
from contracts.rpc import media
from contracts.rpc.base import Call
from contracts.rpc.media_recording import StartRecording, StopRecording
from contracts.rpc.media_stats import GetRoom, RoomStats
from contracts.wire import Wire
from signaling_service.domain.rights import Rights
from signaling_service.domain.seats import Enough
from signaling_service.hall.rooms import Guest, Room, Track, Why
from signaling_service.hall.spans import Spans
from signaling_service.hall.visits import Visits
from signaling_service.hall.workers import Workers

log = logger("hall")

R = TypeVar("R", bound=Wire)


def sid(kind: str) -> str:
    """A name that nothing else has: RM_…, PA_…, TR_…"""
    return f"{kind}_{token_urlsafe(9).replace('-', 'x').replace('_', 'y')}"


class Hall:
    """Every room of this process."""

    def __init__(self, workers: Workers, clock: Clock, enough: Enough) -> None:
        self.workers = workers
        self._spans = Spans(workers, enough)
        self.rooms: dict[str, Room] = {}
        self.on_shown: Callable[[Guest], None] = _ignore
        """Told when what a guest publishes changed."""
        self.on_gone: Callable[[Guest, Why], None] = _ignore_gone
        """Told when a guest is out."""
        self.visits = Visits()
        self._clock = clock

    def guest(self, room: str, participant: str) -> tuple[Room, Guest] | None:
        """Somebody by the names that the worker knows."""
        found = self.rooms.get(room)
        guest = found.guests.get(participant) if found is not None else None
        return (found, guest) if found is not None and guest is not None else None

    def ticketed(self, ticket: str) -> Guest | None:
        """The connection of a stay, if it is here."""
        for room in self.rooms.values():
            for guest in room.guests.values():
                if guest.stay is not None and guest.stay.ticket == ticket:
                    return guest
        return None

    def channels(self) -> list[int]:
        """Channels that are spoken here."""
        found = (room.channel_id for room in self.rooms.values())
        return [channel_id for channel_id in found if channel_id is not None]

    def room(self, name: str) -> Room:
        """The room of this name, made if there is none."""
        room = self.rooms.get(name)
        if room is None:
            people = Counter[str]()
            for other in self.rooms.values():
                people.update(one.worker for one in other.guests.values())
            worker = self.workers.pick(people)
            room = self.rooms[name] = Room(name, sid("RM"), worker, self._clock.now_ms())
        return room

    def keep(self, room: Room, *, empty_s: int, departure_s: int) -> None:
        """A created room: it is there before the first guest, and a while after the last."""
        room.empty_s, room.departure_s = empty_s, departure_s
        room.kept_until_ms = self._clock.now_ms() + empty_s * 1000

    def sweep(self) -> None:
        """Created rooms to which nobody came in time are gone."""
        now = self._clock.now_ms()
        for room in [one for one in self.rooms.values() if not one.guests]:
            if now >= room.kept_until_ms:
                del self.rooms[room.name]

    async def enter(self, name: str, guest: Guest) -> Room:
        """Let somebody in. Whoever is there under the same name leaves."""
        await self.workers.until_any()
        room = self.room(name)
        former = room.by_identity(guest.identity)
        if former is None and room.capacity and len(room.guests) >= room.capacity:
            raise Conflict(ErrorCode.ROOM_FULL)
        if former is not None:
            await self.leave(former, Why.DUPLICATE)
            room = self.room(name)
        guest.joined_ms = guest.spoke_ms = self._clock.now_ms()
        guest.worker = self._spans.seat(room, self.rooms.values())
        room.guests[guest.sid] = guest
        try:
            opened = await self.workers.ask(
                guest.worker,
                media.OpenParticipant(
                    room=room.name,
                    participant=guest.sid,
                    manner=guest.manner,
                    rights=guest.media_rights(),
                    subscribes_by_itself=guest.subscribes_by_itself,
                    is_hidden=guest.is_hidden,
                    identity=guest.identity[:128],
                    name=guest.name[:256],
                ),
            )
        except DomainError:
            self._forget(room, (guest,))
            raise
        guest.ice_servers = opened.ice_servers
        if guest.worker == room.worker:
            # The worker knows better: it goes on when signaling starts anew.
            self.recorded(room, opened.recording)
        self.tell(room, guest)
        await self._spans.look(room)
        return room

    async def leave(self, guest: Guest, why: Why) -> None:
        """Let somebody go."""
        room = self._room_of(guest)
        if room is None:
            return
        self._forget(room, (guest,))
        guest.door.ended(why)
        self.on_gone(guest, why)
        try:
            left = media.LeaveRoom(room=room.name, participant=guest.sid)
            await self.workers.ask(guest.worker, left)
        except NotFound:
            log.debug("leave.known", room=room.name)  # the worker has seen the client hang up
        except DomainError as error:
            log.info("leave.untold", room=room.name, reason=str(error))

    async def ask(self, guest: Guest, call: Call[R]) -> R:
        """Ask the worker on which somebody sits; the call names room and participant."""
        if self._room_of(guest) is None:
            raise Conflict(ErrorCode.TARGET_NOT_IN_VOICE)
        return await self.workers.ask(guest.worker, call)

    async def hand_out(self, room: Room, call: media.SendData) -> None:
        """Bytes for people of a room, wherever they sit."""
        on = room.workers()
        if call.to is not None:
            on = {one.worker for sid in call.to if (one := room.guests.get(sid)) is not None}
        await asyncio.gather(*(self._hand_out(worker, call) for worker in on))

    async def _hand_out(self, worker: str, call: media.SendData) -> None:
        try:
            await self.workers.ask(worker, call)
        except NotFound:
            log.debug("data.nobody", worker=worker)  # its last one left just now

    async def measured(self, room: Room) -> tuple[list[RoomStats], str]:
        """What each worker of a room measures, and why some of them said nothing."""
        asked = [self.workers.ask(worker, GetRoom(room=room.name)) for worker in room.workers()]
        said = await asyncio.gather(*asked, return_exceptions=True)
        failed = [one for one in said if isinstance(one, BaseException)]
        for one in failed:
            if not isinstance(one, DomainError):
                raise one
        trouble = "; ".join(one.message for one in failed if isinstance(one, DomainError))
        return [one for one in said if isinstance(one, RoomStats)], trouble

    async def span(self, *, again: bool = False) -> None:
        """Let the workers of each room know of each other."""
        for room in tuple(self.rooms.values()):
            await self._spans.look(room, again=again)

    def name_of(self, guest: Guest) -> str:
        """The room somebody is in."""
        room = self._room_of(guest)
        return room.name if room is not None else ""

    async def publish(self, guest: Guest, track: Track) -> None:
        """Somebody is about to publish."""
        room = self._room_of(guest)
        if room is None:
            raise Conflict(ErrorCode.TARGET_NOT_IN_VOICE)
        track.is_silenced = guest.rights.is_muted and track.source is media.Source.MICROPHONE
        # Known before it is asked for: that it is up may be told before the answer is here.
        guest.tracks[track.sid] = track
        try:
            await self.workers.ask(
                guest.worker,
                media.Publish(room=room.name, participant=guest.sid, track=guest.spec(track)),
            )
        except DomainError:
            guest.tracks.pop(track.sid, None)
            raise
        if track.is_silenced:
            await self._silence(room, guest, track)

    async def unpublish(self, guest: Guest, track: Track) -> None:
        """Somebody ends a track."""
        await self.ask(
            guest,
            media.Unpublish(room=self.name_of(guest), participant=guest.sid, track=track.sid),
        )
        self.ended(guest, track)

    async def mute(self, guest: Guest, track: Track, *, is_muted: bool) -> None:
        """Somebody mutes or unmutes a track of their own."""
        track.is_muted = is_muted
        await self.ask(
            guest,
            media.MuteTrack(
                room=self.name_of(guest),
                participant=guest.sid,
                track=track.sid,
                is_muted=is_muted,
            ),
        )
        self.show(guest)

    async def allow(
        self, guest: Guest, rights: Rights, *, may_send_data: bool | None = None
    ) -> None:
        """Somebody may do something else now."""
        room, before = self._room_of(guest), guest.rights
        may_send = guest.may_send_data if may_send_data is None else may_send_data
        if room is None or (before, guest.may_send_data) == (rights, may_send):
            return
        guest.rights, guest.may_send_data = rights, may_send
        await self.workers.ask(
            guest.worker,
            media.SetRights(room=room.name, participant=guest.sid, rights=guest.media_rights()),
        )
        for track in tuple(guest.tracks.values()):
            if track.source is media.Source.MICROPHONE and before.is_muted != rights.is_muted:
                track.is_silenced = rights.is_muted
                await self._silence(room, guest, track)
        guest.door.rights_changed()
        self.tell(room, guest)

    async def record(self, room: Room, number: int) -> None:
        """Have a room recorded: everybody in it is told."""
        await self.workers.ask(room.worker, StartRecording(room=room.name, recording=number))
        self.recorded(room, number)

    async def unrecord(self, room: Room, number: int, *, is_unwanted: bool) -> None:
        """End that."""
        if room.recording != number:
            raise NotFound(ErrorCode.UNKNOWN_RECORDING)
        ends = StopRecording(room=room.name, recording=number, is_unwanted=is_unwanted)
        await self.workers.ask(room.worker, ends)
        self.recorded(room, 0)

    def recorded(self, room: Room, number: int) -> None:
        """This one is being made of a room now."""
        if room.recording != number:
            room.recording = number
            room.settle()
            for door in room.doors():
                door.room_changed(room)

    def ended(self, guest: Guest, track: Track) -> None:
        """A track is no more."""
        if guest.tracks.pop(track.sid, None) is not None:
            self.show(guest)

    def show(self, guest: Guest) -> None:
        """What a guest publishes changed: tell everybody."""
        room = self._room_of(guest)
        if room is not None:
            self.tell(room, guest)
            self.on_shown(guest)

    def tell(self, room: Room, guest: Guest) -> None:
        """Tell the others how a guest is now; and the guest, too, once it is connected."""
        guest.version += 1
        for other in tuple(room.guests.values()):
            if other is guest or not guest.is_hidden:
                other.door.changed((guest,))

    async def close(self, room: Room, why: Why) -> None:
        """Everybody out."""
        room.departure_s = 0
        for guest in tuple(room.guests.values()):
            await self.leave(guest, why)
        if self.rooms.get(room.name) is room:
            del self.rooms[room.name]

    def lost(self, workers: Iterable[str]) -> None:
        """These workers are gone, and everything on them: clients come in anew. Who sits on another
        one stays.
        """
        gone = set(workers)
        for room in tuple(self.rooms.values()):
            people = [one for one in room.guests.values() if one.worker in gone]
            if room.worker in gone and len(people) == len(room.guests):
                del self.rooms[room.name]
            if not people:
                continue
            log.warning("worker.lost", worker=room.worker, room=room.name, guests=len(people))
            self._forget(room, people)
            for guest in people:
                guest.door.ended(Why.MEDIA_LOST)
                self.on_gone(guest, Why.MEDIA_LOST)
            if room.worker in gone:
                self.recorded(room, 0)
                room.settle()

    def _forget(self, room: Room, guests: Sequence[Guest]) -> None:
        for guest in guests:
            room.guests.pop(guest.sid, None)
            guest.is_gone = True
            self.visits.over(guest, self._clock.now_ms())
            guest.version += 1
        seen = [guest for guest in guests if not guest.is_hidden]
        for door in room.doors() if seen else ():
            door.changed(seen)
        room.settle()
        if not room.guests and self.rooms.get(room.name) is room:
            room.kept_until_ms = self._clock.now_ms() + room.departure_s * 1000
            if not room.departure_s:
                del self.rooms[room.name]

    def _room_of(self, guest: Guest) -> Room | None:
        return next((each for each in self.rooms.values() if guest.sid in each.guests), None)

    async def _silence(self, room: Room, guest: Guest, track: Track) -> None:
        await self.workers.ask(
            guest.worker,
            media.MuteTrack(
                room=room.name,
                participant=guest.sid,
                track=track.sid,
                is_muted=track.is_silenced,
                by=media.Muter.SERVER,
            ),
        )


def _ignore(guest: Guest) -> None:
    del guest


def _ignore_gone(guest: Guest, why: Why) -> None:
    del guest, why
