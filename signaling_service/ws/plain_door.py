"""One client of the plain protocol: its frames put to the hall, and the hall's words put into
frames. Everything unknown is answered with an error frame, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson

from contracts.errors import DomainError
from contracts.rpc import media
from contracts.rpc.media import Source, TrackKind
from contracts.rpc.media_news import Rating
from contracts.wire import JSON
from signaling_service.hall.hall import Hall, sid
from signaling_service.hall.rooms import Guest, Room, Track, Why
from signaling_service.ws.sockets import Socket

_TRACKS_MOST = 16


class Door:
    """A hall.rooms.Door of this protocol."""

    def __init__(self, hall: Hall, socket: Socket) -> None:
        self.guest: Guest | None = None
        self._hall = hall
        self._socket = socket
        self._was_ready = False

    def say(self, frame: JSON) -> None:
        """One frame."""
        self._socket.say(orjson.dumps(frame).decode())

    def welcome(self, room: Room, *, is_new: bool) -> None:
        """The first word: who is here, and how to come through one's router."""
        assert self.guest is not None
        others = room.seen_by(self.guest)
        self.say(
            {
                "type": "created" if is_new else "joined",
                "room": room.name,
                "capacity": room.capacity,
                "recording": bool(room.recording),
                "you": shown(self.guest),
                "participants": [shown(one) for one in others],
                "ice_servers": [one.dump() for one in self.guest.ice_servers],
            }
        )
        self._tell_ready(room)

    # What the hall tells.

    def changed(self, guests: Sequence[Guest]) -> None:
        """These came, changed or left."""
        # Until it is welcomed, which names everybody, there is nothing to tell.
        for one in guests if self.guest is not None else ():
            if one is not self.guest:
                kind = "left" if one.is_gone else "participant"
                self.say({"type": kind, "participant": shown(one)})
        room = self._room()
        if room is not None:
            self._tell_ready(room)

    def offered(self, sdp: str, offer_id: int, tracks: dict[str, str]) -> None:
        """Never with one wire."""

    def sections_wanted(self, audios: int, videos: int) -> None:
        """The client shall offer again."""
        self.say({"type": "offer_wanted", "audios": audios, "videos": videos})

    def came_up(self, track: Track) -> None:
        """An own track is forwarded from now on."""
        self.say({"type": "published", "track": track.sid, "cid": track.cid})

    def went_down(self, track: Track) -> None:
        """An own track ended."""
        self.say({"type": "unpublished", "track": track.sid, "cid": track.cid})

    def muted(self, track: Track) -> None:
        """An operator muted an own track."""
        self.say({"type": "muted", "track": track.sid, "cid": track.cid})

    def room_changed(self, room: Room) -> None:
        """The room is recorded now, or no longer."""
        self.say({"type": "recording", "on": bool(room.recording)})

    def heard(self, track: Track) -> None:
        """Not told here."""

    def speakers(self, speakers: Sequence[tuple[Guest, float, bool]]) -> None:
        """Who speaks, or ceased to."""
        told = [
            {"participant": one.sid, "level": round(level, 3), "on": is_on}
            for one, level, is_on in speakers
        ]
        self.say({"type": "speaking", "speakers": told})

    def rated(self, ratings: Sequence[tuple[Guest, Rating, float]]) -> None:
        """How good connections are."""
        told = {one.sid: rating.value for one, rating, _ in ratings}
        self.say({"type": "quality", "participants": told})

    def layers_wanted(self, track: Track, qualities: Sequence[str]) -> None:
        """Not told here."""

    def data(self, sender: Guest | None, payload: bytes, *, is_reliable: bool) -> None:
        """Data channels are not part of this protocol."""

    def rights_changed(self) -> None:
        """This one may do something else now."""
        if self.guest is not None:
            self.say({"type": "rights", "you": shown(self.guest)})

    def connected(self) -> None:
        """Media flows."""
        self.say({"type": "connected"})

    def ended(self, why: Why) -> None:
        """This one is out."""
        may_return = why in (Why.STOPPING, Why.MEDIA_LOST)
        self.say({"type": "bye", "why": why.value, "may_return": may_return})
        self._socket.close()

    # What the client says.

    async def hear(self, frame: JSON) -> bool:
        """One frame; whether more are to be heard."""
        guest, handler = self.guest, _HANDLERS.get(frame["type"])
        if guest is None or guest.is_gone:
            return False
        if handler is None:
            self.say(refusal("unknown_type", f"nobody knows {frame['type'][:40]!r}", frame))
            return True
        try:
            await handler(self, guest, frame)
        except DomainError as error:
            self.say(refusal("refused", error.message, frame))
        except (KeyError, TypeError, ValueError):
            self.say(refusal("malformed", "a field is missing or of the wrong kind", frame))
        return bool(frame["type"] != "leave")

    async def _offer(self, guest: Guest, frame: JSON) -> None:
        for one in _list(frame.get("tracks"), _TRACKS_MOST):
            if not any(track.cid == one["cid"] for track in guest.tracks.values()):
                await self._hall.publish(guest, _track(one))
        answered = await self._hall.ask(
            guest,
            media.Offer(
                room=self._hall.name_of(guest),
                participant=guest.sid,
                sdp=_text(frame["sdp"]),
                offer_id=int(frame.get("id") or 0),
            ),
        )
        told = [self._section(mid, track) for mid, track in answered.tracks.items()]
        self.say({"type": "answer", "id": answered.offer_id, "sdp": answered.sdp, "sections": told})

    async def _candidate(self, guest: Guest, frame: JSON) -> None:
        line = frame.get("line")
        await self._hall.ask(
            guest,
            media.AddCandidate(
                room=self._hall.name_of(guest),
                participant=guest.sid,
                candidate=_text(frame["candidate"])[:1024],
                mid=frame.get("mid"),
                line=line if isinstance(line, int) else None,
            ),
        )

    async def _mute(self, guest: Guest, frame: JSON) -> None:
        await self._switch(guest, Source.MICROPHONE, is_muted=frame.get("on", True) is True)

    async def _camera(self, guest: Guest, frame: JSON) -> None:
        await self._switch(guest, Source.CAMERA, is_muted=frame.get("on", True) is not True)

    async def _switch(self, guest: Guest, source: Source, *, is_muted: bool) -> None:
        for track in tuple(guest.tracks.values()):
            if track.source is source:
                await self._hall.mute(guest, track, is_muted=is_muted)

    async def _participants(self, guest: Guest, frame: JSON) -> None:
        del frame
        room = self._room()
        found = room.seen_by(guest) if room is not None else []
        self.say({"type": "participants", "participants": [shown(one) for one in found]})

    async def _leave(self, guest: Guest, frame: JSON) -> None:
        del frame
        await self._hall.leave(guest, Why.LEFT)

    async def _ping(self, guest: Guest, frame: JSON) -> None:
        del guest
        self.say({"type": "pong", "at": frame.get("at")})

    # Inside.

    def _section(self, mid: str, track_sid: str) -> JSON:
        room = self._room()
        found = room.tracks() if room is not None else ()
        for one, track in found:
            if track.sid == track_sid:
                return {"mid": mid, "participant": one.sid, "track": _shown_track(track)}
        return {"mid": mid, "participant": None, "track": {"id": track_sid}}

    def _room(self) -> Room | None:
        if self.guest is None:
            return None
        return self._hall.rooms.get(self._hall.name_of(self.guest))

    def _tell_ready(self, room: Room) -> None:
        """There is somebody to speak with."""
        is_ready = len(room.guests) > 1
        if is_ready and not self._was_ready:
            self.say({"type": "ready"})
        self._was_ready = is_ready


def shown(guest: Guest) -> JSON:
    """Somebody in a room."""
    may = guest.rights
    return {
        "id": guest.sid,
        "user_id": guest.identity,
        "name": guest.name,
        "tracks": [_shown_track(track) for track in guest.tracks.values()],
        "may_speak": may.may_speak and not may.is_muted,
        "may_show": may.may_show,
        "may_share": may.may_stream,
    }


def refusal(code: str, message: str, about: JSON | None = None) -> JSON:
    """An error frame."""
    named = {"about": str(about["type"])[:40]} if about is not None else {}
    return {"type": "error", "code": code, "message": message, **named}


def _shown_track(track: Track) -> JSON:
    return {
        "id": track.sid,
        "kind": track.kind.value,
        "source": track.source.value,
        "muted": track.is_silent,
    }


def _track(told: JSON) -> Track:
    kind = TrackKind(told["kind"])
    usual = Source.MICROPHONE if kind is TrackKind.AUDIO else Source.CAMERA
    source = Source(told["source"]) if "source" in told else usual
    return Track(sid=sid("TR"), cid=_text(told["cid"])[:256], kind=kind, source=source)


def _list(value: Any, most: int) -> list[JSON]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError
    return value[:most]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


_HANDLERS: dict[str, Callable[[Door, Guest, JSON], Awaitable[None]]] = {
    "offer": Door._offer,
    "candidate": Door._candidate,
    "mute": Door._mute,
    "camera": Door._camera,
    "participants": Door._participants,
    "leave": Door._leave,
    "ping": Door._ping,
}
