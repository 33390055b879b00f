"""One bot in a room: what it says put to the hall, and what the hall tells in the words of
Discord's voice gateway. It has a cord instead of peer connections (contracts/rpc/media_cords.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.errors import DomainError, Invalid
from contracts.rpc.media import Source, Subscribe, TrackKind
from contracts.rpc.media_cords import MODES, KeyCord, LayCord, heard_as
from contracts.rpc.media_news import Rating
from contracts.wire import JSON
from signaling_service.hall.hall import Hall, sid
from signaling_service.hall.rooms import Guest, Room, Track, Why
from signaling_service.ws.bots_words import (
    IGNORED,
    NUMBERED,
    Close,
    Frame,
    Op,
    Refused,
    closing,
    protocol,
    write,
)
from signaling_service.ws.sockets import Socket

log = logger("bots")

_KEPT = 256
"""Frames that are told again."""
_NAMED_MOST = 1_000


class Door:
    """A hall.rooms.Door of this protocol."""

    def __init__(self, hall: Hall, socket: Socket, tasks: Tasks) -> None:
        self.guest: Guest | None = None
        self._hall = hall
        self._socket = socket
        self._tasks = tasks
        self._seq = 0
        self._kept: deque[tuple[int, str]] = deque(maxlen=_KEPT)
        self._agreed: JSON | None = None
        """The description of the session, once there is one."""
        self._known: set[str] = set()
        """Guests and tracks that were told."""
        self._speaking: set[str] = set()
        self._is_welcome = False
        self._is_publishing = False

    def say(self, op: Op, data: object) -> None:
        """One frame."""
        self._seq += op in NUMBERED
        text = write(op, data, self._seq if op in NUMBERED else 0)
        if op in NUMBERED:
            self._kept.append((self._seq, text))
        self._socket.say(text)

    def forget(self, heard: int) -> None:
        """The client has heard all up to this number."""
        while self._kept and self._kept[0][0] <= heard:
            self._kept.popleft()

    async def welcome(self) -> None:
        """Where to send packets to; then who is here."""
        guest = self.guest
        assert guest is not None
        room = self._hall.name_of(guest)
        laid = await self._hall.ask(guest, LayCord(room=room, participant=guest.sid))
        told = {"ssrc": laid.ssrc, "ip": laid.host, "port": laid.port, "modes": MODES}
        self.say(Op.READY, {**told, "experiments": [], "streams": []})
        self._is_welcome = True
        found = self._hall.rooms.get(room)
        self.changed(found.seen_by(guest) if found is not None else ())
        await self._publish()

    def taken_over(self, socket: Socket, heard: int) -> Door | None:
        """The door of a client that is back, with all it has not heard; None when too much is."""
        if self._agreed is None or self._seq - max(heard, 0) > len(self._kept):
            return None
        self._socket.close(Close.NO_SESSION)
        door = Door(self._hall, socket, self._tasks)
        door.guest, door._agreed = self.guest, self._agreed
        door._seq, door._kept = self._seq, self._kept
        door._known, door._speaking = self._known, self._speaking
        door._is_welcome = True
        for seq, text in self._kept:
            if seq > heard:
                socket.say(text)
        door.say(Op.RESUMED, None)
        # One library waits for this after every connection, the others pass it over.
        door.say(Op.SESSION_DESCRIPTION, self._agreed)
        return door

    # What the client says.

    async def hear(self, frame: Frame) -> None:
        """One frame."""
        if frame.op in IGNORED or self.guest is None or self.guest.is_gone:
            return
        handler = _HANDLERS.get(frame.op)
        if handler is None:
            raise Refused(Close.UNKNOWN_OP)
        await handler(self, self.guest, frame)

    async def _select(self, guest: Guest, frame: Frame) -> None:
        chosen = protocol(frame, MODES)
        try:
            keyed = await self._hall.ask(
                guest,
                KeyCord(
                    room=self._hall.name_of(guest),
                    participant=guest.sid,
                    mode=chosen.mode,
                    host=chosen.host,
                    port=chosen.port,
                ),
            )
        except Invalid:
            raise Refused(Close.UNKNOWN_PROTOCOL) from None
        except DomainError:
            raise Refused(Close.NO_SESSION) from None
        self._agreed = {
            "mode": chosen.mode,
            "secret_key": list(bytes.fromhex(keyed.key)),
            "audio_codec": "opus",
            "video_codec": "VP8",
            "media_session_id": guest.sid,
            "dave_protocol_version": 0,
        }
        self.say(Op.SESSION_DESCRIPTION, self._agreed)

    async def _speak(self, guest: Guest, frame: Frame) -> None:
        """What is heard decides who speaks, not what is said of it."""

    async def _want(self, guest: Guest, frame: Frame) -> None:
        """Hear these of the others, by their SSRC; `any` is meant for all that are not named."""
        wanted = frame.fields()
        usual = wanted.get("any", 100)
        room = self._hall.rooms.get(self._hall.name_of(guest))
        tracks = [] if room is None else [(o, t) for o, t in room.tracks() if o is not guest]
        for is_wanted in (True, False):
            named = tuple(
                track.sid
                for _, track in tracks
                if bool(wanted.get(str(heard_as(track.sid)), usual)) is is_wanted
            )
            if named:
                await self._hall.ask(
                    guest,
                    Subscribe(
                        room=self._hall.name_of(guest),
                        participant=guest.sid,
                        tracks=named[:_NAMED_MOST],
                        is_wanted=is_wanted,
                    ),
                )

    async def _version(self, guest: Guest, frame: Frame) -> None:
        del guest, frame
        self.say(Op.BACKEND_VERSION, {"voice": "1.0.0", "rtc_worker": "1.0.0"})

    # What the hall tells.

    def changed(self, guests: Sequence[Guest]) -> None:
        """These came, changed or left."""
        if not self._is_welcome:
            return  # the first word is not said yet, and it names everybody
        others = [one for one in guests if one is not self.guest and one.identity.isdigit()]
        for one in others:
            if one.is_gone and one.sid in self._known:
                self._known.difference_update((one.sid, *one.tracks))
                self._speaking.discard(one.sid)
                self.say(Op.CLIENT_DISCONNECT, {"user_id": one.identity})
        fresh = [one for one in others if not one.is_gone and one.sid not in self._known]
        if fresh:
            self._known.update(one.sid for one in fresh)
            self.say(Op.CLIENTS_CONNECT, {"user_ids": [one.identity for one in fresh]})
        for one in others:
            for track in one.tracks.values():
                is_voice = track.kind is TrackKind.AUDIO and track.is_up
                if is_voice and track.sid not in self._known and not one.is_gone:
                    self._known.add(track.sid)
                    self._tell_speaking(one, track, is_on=False)

    def speakers(self, speakers: Sequence[tuple[Guest, float, bool]]) -> None:
        """Who speaks, or ceased to."""
        for one, _, is_on in speakers:
            if one is self.guest or (one.sid in self._speaking) is is_on:
                continue
            voice = next((t for t in one.tracks.values() if t.sid in self._known), None)
            if voice is not None:
                (self._speaking.add if is_on else self._speaking.discard)(one.sid)
                self._tell_speaking(one, voice, is_on=is_on)

    def _tell_speaking(self, one: Guest, track: Track, *, is_on: bool) -> None:
        flags = 2 if track.source is Source.SCREEN_AUDIO else 1
        told = {"user_id": one.identity, "ssrc": heard_as(track.sid)}
        self.say(Op.SPEAKING, {**told, "speaking": flags if is_on else 0})

    def rights_changed(self) -> None:
        """This one may do something else now: a voice that it may have again is up again."""
        self._tasks.spawn("bots:publish", self._publish())

    def went_down(self, track: Track) -> None:
        """Its voice ended, with the right to it; which may be there again already."""
        self.rights_changed()

    def ended(self, why: Why) -> None:
        """This one is out."""
        self._socket.close(closing(why))

    async def _publish(self) -> None:
        guest = self.guest
        if guest is None or guest.tracks or self._is_publishing or not guest.rights.may_speak:
            return
        track = Track(
            sid=sid("TR"),
            cid="voice",
            kind=TrackKind.AUDIO,
            source=Source.MICROPHONE,
            codec="opus",
            stereo=True,
            dtx=False,
        )
        self._is_publishing = True
        try:
            await self._hall.publish(guest, track)
        except DomainError as error:
            log.info("bots.not_published", reason=str(error))
        finally:
            self._is_publishing = False

    def offered(self, sdp: str, offer_id: int, tracks: dict[str, str]) -> None:
        """Never with a cord."""

    def sections_wanted(self, audios: int, videos: int) -> None:
        """Never with a cord."""

    def came_up(self, track: Track) -> None:
        """Not told here."""

    def muted(self, track: Track) -> None:
        """Told by the main gateway."""

    def room_changed(self, room: Room) -> None:
        """Not told here."""

    def heard(self, track: Track) -> None:
        """Not told here."""

    def rated(self, ratings: Sequence[tuple[Guest, Rating, float]]) -> None:
        """Not told here."""

    def layers_wanted(self, track: Track, qualities: Sequence[str]) -> None:
        """There is no video."""

    def data(self, sender: Guest | None, payload: bytes, *, is_reliable: bool) -> None:
        """There are no data channels."""

    def connected(self) -> None:
        """The description of the session says so."""


_HANDLERS: dict[int, Callable[[Door, Guest, Frame], Awaitable[None]]] = {
    Op.SELECT_PROTOCOL: Door._select,
    Op.SPEAKING: Door._speak,
    Op.MEDIA_SINK_WANTS: Door._want,
    Op.BACKEND_VERSION: Door._version,
}
