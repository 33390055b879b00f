"""What media workers tell, handed to the doors of those whom it concerns."""

from __future__ import annotations

from base64 import b64decode

from chassis.clock import Clock
from chassis.rpc.link import Link
from chassis.tasks import Tasks
from contracts.rpc import media_news as news
from signaling_service.hall.hall import Hall
from signaling_service.hall.rooms import Guest, Why


class News:
    """One function a cast. Whoever is named and not here any more left meanwhile."""

    def __init__(self, hall: Hall, *, clock: Clock, tasks: Tasks) -> None:
        self._hall = hall
        self._clock = clock
        self._tasks = tasks

    def here(self, said: news.WorkerHere, link: Link) -> None:
        """A worker lives."""
        del link
        if self._hall.workers.hear(said):
            self._hall.lost([said.worker])

    def gone(self, link: Link) -> None:
        """A link broke: if that was a worker's end, its clients are told at once."""
        if link.peer == "media":
            self._tasks.spawn("hall:gone", self._look_after(link.instance))

    async def _look_after(self, worker: str) -> None:
        if await self._hall.workers.is_dead(worker):
            self._hall.lost([worker])
            await self._hall.span()

    def wire(self, said: news.WireChanged, link: Link) -> None:
        """A wire came or faltered."""
        del link
        found = self._hall.guest(said.room, said.participant)
        if found is None or said.state is not news.WireState.CONNECTED:
            return
        room, guest = found
        if not guest.is_active:
            guest.is_active = True
            guest.door.connected()
            self._hall.tell(room, guest)

    def offered(self, said: news.Offered, link: Link) -> None:
        """The worker offers."""
        del link
        if (found := self._hall.guest(said.room, said.participant)) is not None:
            found[1].door.offered(said.sdp, said.offer_id, said.tracks)

    def sections(self, said: news.SectionsWanted, link: Link) -> None:
        """The client shall offer."""
        del link
        if (found := self._hall.guest(said.room, said.participant)) is not None:
            found[1].door.sections_wanted(said.audios, said.videos)

    def up(self, said: news.TrackUp, link: Link) -> None:
        """A track was agreed upon."""
        del link
        found = self._hall.guest(said.room, said.participant)
        track = found[1].tracks.get(said.track) if found is not None else None
        if found is not None and track is not None:
            track.is_up = True
            track.codec = said.codec or track.codec
            found[1].door.came_up(track)
            self._hall.show(found[1])

    def down(self, said: news.TrackDown, link: Link) -> None:
        """A track ended by itself."""
        del link
        found = self._hall.guest(said.room, said.participant)
        track = found[1].tracks.get(said.track) if found is not None else None
        if found is not None and track is not None:
            found[1].door.went_down(track)
            self._hall.ended(found[1], track)

    def heard(self, said: news.TrackHeard, link: Link) -> None:
        """A track has its first listener."""
        del link
        found = self._hall.guest(said.room, said.participant)
        track = found[1].tracks.get(said.track) if found is not None else None
        if found is not None and track is not None and not track.was_heard:
            # Each worker of the room tells of its first listener.
            track.was_heard = True
            found[1].door.heard(track)

    def speakers(self, said: news.SpeakersHeard, link: Link) -> None:
        """Who speaks."""
        del link
        room = self._hall.rooms.get(said.room)
        if room is None:
            return
        now = self._clock.now_ms()
        told: list[tuple[Guest, float, bool]] = []
        for one in said.speakers:
            guest = room.guests.get(one.participant)
            if guest is not None and not guest.is_hidden:
                guest.spoke_ms = now
                guest.talks(now, is_on=one.is_active)
                told.append((guest, one.level, one.is_active))
        for door in room.doors() if told else ():
            door.speakers(told)

    def rated(self, said: news.QualityRated, link: Link) -> None:
        """How good connections are."""
        del link
        room = self._hall.rooms.get(said.room)
        if room is None:
            return
        told = [
            (guest, one.rating, one.score)
            for one in said.ratings
            if (guest := room.guests.get(one.participant)) is not None and not guest.is_hidden
        ]
        for door in room.doors() if told else ():
            door.rated(told)

    def layers(self, said: news.LayersWanted, link: Link) -> None:
        """Which layers anybody wants."""
        del link
        found = self._hall.guest(said.room, said.participant)
        track = found[1].tracks.get(said.track) if found is not None else None
        if found is not None and track is not None:
            found[1].door.layers_wanted(track, said.qualities)

    def data(self, said: news.DataHeard, link: Link) -> None:
        """A data packet of somebody's."""
        del link
        found = self._hall.guest(said.room, said.participant)
        if found is not None and found[1].may_send_data:
            payload = b64decode(said.payload)
            found[1].door.data(found[1], payload, is_reliable=said.is_reliable)

    def recorded(self, said: news.RecordingEnded, link: Link) -> None:
        """A recording ended."""
        del link
        room = self._hall.rooms.get(said.room)
        if room is not None and room.recording == said.recording:
            self._hall.recorded(room, 0)

    def lost(self, said: news.ParticipantLost, link: Link) -> None:
        """The worker let go of somebody."""
        del link
        found = self._hall.guest(said.room, said.participant)
        if found is not None:
            why = Why.LEFT if said.reason is news.LossReason.HUNG_UP else Why.MEDIA_LOST
            self._tasks.spawn("hall:lost", self._hall.leave(found[1], why))
