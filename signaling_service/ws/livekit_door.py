"""One client that speaks LiveKit's protocol: what it asks for is put to the hall, what the hall
tells is put into its words.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.errors import DomainError, Forbidden, Invalid
from contracts.rpc import media
from contracts.rpc.media_news import Rating
from signaling_service.hall.hall import Hall
from signaling_service.hall.rooms import Guest, Room, Track, Why
from signaling_service.ws import words
from signaling_service.ws.sockets import Socket

log = logger("livekit")

_REASONS = rtc.RequestResponse.Reason
_TRACKS_MOST = 32
_FORWARDED = frozenset({"", "opus", "vp8", "h264"})


class Door:
    """A hall.rooms.Door of this protocol."""

    def __init__(self, hall: Hall, socket: Socket, tasks: Tasks) -> None:
        self.guest: Guest | None = None
        self.speaks_text = False
        self._hall = hall
        self._socket = socket
        self._tasks = tasks
        self._order = asyncio.Lock()
        """Data packets go on in the order in which they came."""
        self._offer_id = 0
        """Of the newest offer of the worker's."""

    def encode(self, response: rtc.SignalResponse) -> bytes | str:
        """As this client reads it."""
        if self.speaks_text:
            return json_format.MessageToJson(response, indent=None)
        return response.SerializeToString()

    def replaced(self) -> None:
        """The client came back over another socket."""
        self.guest = None
        self._socket.close()

    # What the hall tells.

    def changed(self, guests: Sequence[Guest]) -> None:
        """These came, changed or left."""
        told = [words.participant(one) for one in guests]
        self._say(rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=told)))

    def offered(self, sdp: str, offer_id: int, tracks: dict[str, str]) -> None:
        """The worker offers."""
        self._offer_id = offer_id
        offer = rtc.SessionDescription(type="offer", sdp=sdp, id=offer_id, mid_to_track_id=tracks)
        self._say(rtc.SignalResponse(offer=offer))

    def sections_wanted(self, audios: int, videos: int) -> None:
        """With one wire the client shall offer again."""
        wanted = rtc.MediaSectionsRequirement(num_audios=audios, num_videos=videos)
        self._say(rtc.SignalResponse(media_sections_requirement=wanted))

    def came_up(self, track: Track) -> None:
        """Told to everybody by `changed`."""

    def went_down(self, track: Track) -> None:
        """An own track ended by itself."""
        gone = rtc.TrackUnpublishedResponse(track_sid=track.sid)
        self._say(rtc.SignalResponse(track_unpublished=gone))

    def muted(self, track: Track) -> None:
        """An operator muted an own track."""
        self._say(rtc.SignalResponse(mute=rtc.MuteTrackRequest(sid=track.sid, muted=True)))

    def room_changed(self, room: Room) -> None:
        """What is said of the room is something else now."""
        self._say(rtc.SignalResponse(room_update=rtc.RoomUpdate(room=words.room_of(room))))

    def heard(self, track: Track) -> None:
        """Somebody gets an own track for the first time."""
        heard = rtc.TrackSubscribed(track_sid=track.sid)
        self._say(rtc.SignalResponse(track_subscribed=heard))

    def speakers(self, speakers: Sequence[tuple[Guest, float, bool]]) -> None:
        """Who speaks, or ceased to."""
        self._say(words.speakers(speakers))

    def rated(self, ratings: Sequence[tuple[Guest, Rating, float]]) -> None:
        """How good connections are."""
        self._say(words.qualities(ratings))

    def layers_wanted(self, track: Track, qualities: Sequence[str]) -> None:
        """Which layers of an own track anybody wants."""
        self._say(words.layers(track, qualities))

    def data(self, sender: Guest | None, payload: bytes, *, is_reliable: bool) -> None:
        """This client sent a data packet: it is signed with who it is, and handed on."""
        if sender is not None:
            self._tasks.spawn("livekit:data", self._pass_on(sender, payload, is_reliable))

    def rights_changed(self) -> None:
        """Told by `changed`."""

    def connected(self) -> None:
        """Told by `changed`."""

    def ended(self, why: Why) -> None:
        """This one is out."""
        if why is not Why.LEFT:
            self._say(words.leave(why))
        self._socket.close()

    # What the client asks.

    async def hear(self, request: rtc.SignalRequest) -> bool:
        """One message; whether more are to be heard."""
        kind, guest = request.WhichOneof("message"), self.guest
        if guest is None or guest.is_gone:
            return False
        handler = _HANDLERS.get(kind or "")
        if handler is None:
            return True
        try:
            await handler(self, guest, getattr(request, kind))
        except DomainError as error:
            log.info("livekit.failed", what=kind, reason=str(error))
            if kind == "offer" and not isinstance(error, Invalid):
                # Without an answer the client would wait for long; it shall come in anew.
                await self._hall.leave(guest, Why.MEDIA_LOST)
        return bool(kind != "leave")

    async def _offer(self, guest: Guest, offer: rtc.SessionDescription) -> None:
        answered = await self._hall.ask(
            guest,
            media.Offer(
                room=self._hall.name_of(guest),
                participant=guest.sid,
                sdp=offer.sdp,
                offer_id=offer.id,
            ),
        )
        answer = rtc.SessionDescription(
            type="answer", sdp=answered.sdp, id=offer.id, mid_to_track_id=answered.tracks
        )
        self._say(rtc.SignalResponse(answer=answer))

    async def _answer(self, guest: Guest, answer: rtc.SessionDescription) -> None:
        await self._hall.ask(
            guest,
            media.Answer(
                room=self._hall.name_of(guest),
                participant=guest.sid,
                sdp=answer.sdp,
                offer_id=answer.id or self._offer_id,
            ),
        )

    async def _trickle(self, guest: Guest, trickle: rtc.TrickleRequest) -> None:
        try:
            told = orjson.loads(trickle.candidateInit)
        except orjson.JSONDecodeError:
            return
        if not isinstance(told, dict):
            return
        candidate, mid, line = words.candidate_from(told)
        is_up = trickle.target == rtc.SignalTarget.PUBLISHER
        await self._hall.ask(
            guest,
            media.AddCandidate(
                room=self._hall.name_of(guest),
                participant=guest.sid,
                end=media.End.UP if is_up else media.End.DOWN,
                candidate=candidate,
                mid=mid,
                line=line,
            ),
        )

    async def _add_track(self, guest: Guest, asked: rtc.AddTrackRequest) -> None:
        track = next((one for one in guest.tracks.values() if one.cid == asked.cid), None)
        if track is None:
            track = words.track_from(asked)
            refusal = None
            if track.codec not in _FORWARDED:
                refusal = _REASONS.UNSUPPORTED_TYPE
            elif len(guest.tracks) >= _TRACKS_MOST:
                refusal = _REASONS.LIMIT_EXCEEDED
            if refusal is not None:
                self._refuse(asked, refusal)
                return
            try:
                await self._hall.publish(guest, track)
            except Forbidden:
                self._refuse(asked, _REASONS.NOT_ALLOWED)
                return
        published = rtc.TrackPublishedResponse(cid=asked.cid, track=words.track_of(track))
        self._say(rtc.SignalResponse(track_published=published))

    def _refuse(self, asked: rtc.AddTrackRequest, reason: Any) -> None:
        response = rtc.RequestResponse(reason=reason, add_track=asked)
        self._say(rtc.SignalResponse(request_response=response))

    async def _mute(self, guest: Guest, asked: rtc.MuteTrackRequest) -> None:
        track = guest.tracks.get(asked.sid)
        if track is not None:
            await self._hall.mute(guest, track, is_muted=asked.muted)

    async def _subscribe(self, guest: Guest, asked: rtc.UpdateSubscription) -> None:
        named = [sid for one in asked.participant_tracks for sid in one.track_sids]
        tracks = tuple((*asked.track_sids, *named)[:1000])
        await self._hall.ask(
            guest,
            media.Subscribe(
                room=self._hall.name_of(guest),
                participant=guest.sid,
                tracks=tracks,
                is_wanted=asked.subscribe,
            ),
        )

    async def _wish(self, guest: Guest, asked: rtc.UpdateTrackSettings) -> None:
        await self._hall.ask(
            guest,
            media.WishLayers(
                room=self._hall.name_of(guest),
                participant=guest.sid,
                wishes=words.wishes_from(asked),
            ),
        )

    async def _leave(self, guest: Guest, asked: rtc.LeaveRequest) -> None:
        del asked
        await self._hall.leave(guest, Why.LEFT)

    async def _ping(self, guest: Guest, at: int) -> None:
        del guest
        self._say(rtc.SignalResponse(pong=at))

    async def _ping_request(self, guest: Guest, asked: rtc.Ping) -> None:
        del guest
        pong = rtc.Pong(last_ping_timestamp=asked.timestamp, timestamp=asked.timestamp)
        self._say(rtc.SignalResponse(pong=asked.timestamp))
        self._say(rtc.SignalResponse(pong_resp=pong))

    async def _describe(self, guest: Guest, asked: rtc.UpdateParticipantMetadata) -> None:
        """Who somebody is in the house is not theirs to say here; who came by an operator's token
        may say what they like, in bounds.
        """
        is_small = asked.ByteSize() <= 16 << 10
        reason = _REASONS.OK if guest.stay is None else _REASONS.NOT_ALLOWED
        reason = reason if is_small else _REASONS.LIMIT_EXCEEDED
        if reason == _REASONS.OK:
            guest.name = asked.name or guest.name
            guest.metadata = asked.metadata or guest.metadata
            given = {**guest.attributes, **asked.attributes}
            guest.attributes = {name: text for name, text in given.items() if text}
            self._hall.show(guest)
        response = rtc.RequestResponse(request_id=asked.request_id, reason=reason)
        self._say(rtc.SignalResponse(request_response=response))

    async def _pass_on(self, sender: Guest, payload: bytes, is_reliable: bool) -> None:  # noqa: FBT001
        try:
            packet = models.DataPacket.FromString(payload)
        except DecodeError:
            return
        packet.participant_identity, packet.participant_sid = sender.identity, sender.sid
        if packet.HasField("user"):
            packet.user.participant_identity = sender.identity
            packet.user.participant_sid = sender.sid
        wanted = set(packet.destination_identities) | set(packet.user.destination_identities)
        room = self._hall.rooms.get(self._hall.name_of(sender))
        if room is None:
            return
        them = [one.sid for one in room.guests.values() if one.identity in wanted]
        async with self._order:
            await self._send(sender, room, packet, tuple(them) if wanted else None, is_reliable)

    async def _send(
        self,
        sender: Guest,
        room: Room,
        packet: models.DataPacket,
        to: tuple[str, ...] | None,
        is_reliable: bool,  # noqa: FBT001
    ) -> None:
        call = media.SendData(
            room=room.name,
            payload=b64encode(packet.SerializeToString()).decode(),
            is_reliable=is_reliable,
            to=to,
            sender=sender.sid,
        )
        try:
            await self._hall.hand_out(room, call)
        except DomainError as error:
            log.info("data.lost", reason=str(error))

    def _say(self, response: rtc.SignalResponse) -> None:
        self._socket.say(self.encode(response))


_HANDLERS: dict[str, Callable[[Door, Guest, Any], Awaitable[None]]] = {
    "offer": Door._offer,
    "answer": Door._answer,
    "trickle": Door._trickle,
    "add_track": Door._add_track,
    "mute": Door._mute,
    "subscription": Door._subscribe,
    "track_setting": Door._wish,
    "leave": Door._leave,
    "ping": Door._ping,
    "ping_req": Door._ping_request,
    "update_metadata": Door._describe,
}
"""What else clients say (sync_state, simulate, update_layers, …) needs no answer."""
