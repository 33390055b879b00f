"""What operators' programs do by LiveKit's RoomService: rooms of this node are made, told of and
ended, people looked at, described, muted and put out. What the house decides of somebody who joined
by its own word (name, permissions) is not theirs to change.
"""

from __future__ import annotations

from base64 import b64encode
from secrets import token_bytes
from typing import Any

from google.protobuf.message import Message
from livekit.protocol import models
from livekit.protocol import room as protocol

from contracts.errors import Conflict, Invalid, NotFound
from contracts.rpc import media
from signaling_service.domain import rights
from signaling_service.hall.hall import Hall
from signaling_service.hall.rooms import Guest, Room, Why
from signaling_service.ws import words

_EMPTY_S, _DEPARTURE_S = 300, 20
_WAIT_MOST_S = 24 * 3600
_TEXT_MOST = 64 << 10
_ATTRIBUTES_MOST = 100
_NAME_MOST = 128
_OF_THE_HOUSE = "the house decides who this is and what they may do"


class RoomService:
    """One method a call. Of a room or a person that is not here: NotFound."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    async def create_room(self, asked: Any) -> Message:
        """A room that is there before anybody is; one that is there already stays as it is."""
        if not 0 < len(asked.name) <= _NAME_MOST:
            raise Invalid({"name": ("BASE_TYPE_BAD_LENGTH", f"1 to {_NAME_MOST} signs")})
        _bounded(asked.metadata)
        known = self._hall.rooms.get(asked.name)
        if known is not None:
            return words.room_of(known)
        room = self._hall.room(asked.name)
        room.capacity, room.metadata = asked.max_participants, asked.metadata
        empty, departure = asked.empty_timeout, asked.departure_timeout
        self._hall.keep(
            room,
            empty_s=min(empty or _EMPTY_S, _WAIT_MOST_S),
            departure_s=min(departure or _DEPARTURE_S, _WAIT_MOST_S),
        )
        return words.room_of(room)

    async def list_rooms(self, asked: Any) -> Message:
        """Those of this node."""
        names = set(asked.names)
        rooms = self._hall.rooms.values()
        found = [words.room_of(one) for one in rooms if not names or one.name in names]
        return protocol.ListRoomsResponse(rooms=found)

    async def delete_room(self, asked: Any) -> Message:
        """Everybody has to go."""
        await self._hall.close(self._room(asked.room), Why.CLOSED)
        return protocol.DeleteRoomResponse()

    async def describe_room(self, asked: Any) -> Message:
        """What is said of a room, told to all in it."""
        room = self._room(asked.room)
        _bounded(asked.metadata)
        room.metadata = asked.metadata
        for door in room.doors():
            door.room_changed(room)
        return words.room_of(room)

    async def list_participants(self, asked: Any) -> Message:
        """Everybody in a room."""
        found = [words.participant(one) for one in self._room(asked.room).guests.values()]
        return protocol.ListParticipantsResponse(participants=found)

    async def get_participant(self, asked: Any) -> Message:
        """Somebody in a room."""
        return words.participant(self._guest(asked))

    async def remove(self, asked: Any) -> Message:
        """Somebody has to go."""
        await self._hall.leave(self._guest(asked), Why.CLOSED)
        return protocol.RemoveParticipantResponse()

    async def describe(self, asked: Any) -> Message:
        """What is said of somebody, and what they may do."""
        guest = self._guest(asked)
        if guest.stay is not None and (asked.name or asked.HasField("permission")):
            raise Conflict(message=_OF_THE_HOUSE)
        _bounded(asked.metadata, *asked.attributes, *asked.attributes.values())
        given = {**guest.attributes, **asked.attributes}
        guest.attributes = {name: text for name, text in given.items() if text}
        while len(guest.attributes) > _ATTRIBUTES_MOST:
            del guest.attributes[next(iter(guest.attributes))]
        guest.name = asked.name[:_NAME_MOST] or guest.name
        guest.metadata = asked.metadata or guest.metadata
        if asked.HasField("permission"):
            await self._permit(guest, asked.permission)
        self._hall.show(guest)
        return words.participant(guest)

    async def mute_track(self, asked: Any) -> Message:
        """Somebody's track goes no further until they unmute it themselves. Nobody's microphone is
        opened from afar.
        """
        guest = self._guest(asked)
        track = guest.tracks.get(asked.track_sid)
        if track is None:
            raise NotFound(message="track does not exist")
        if not asked.muted and track.is_muted:
            raise Conflict(message="only its publisher unmutes a track")
        if asked.muted and not track.is_muted:
            await self._hall.mute(guest, track, is_muted=True)
            guest.door.muted(track)
        return protocol.MuteRoomTrackResponse(track=words.track_of(track))

    async def subscribe(self, asked: Any) -> Message:
        """Somebody hears these tracks, or no longer."""
        guest = self._guest(asked)
        named = [sid for one in asked.participant_tracks for sid in one.track_sids]
        call = media.Subscribe(
            room=asked.room,
            participant=guest.sid,
            tracks=tuple((*asked.track_sids, *named)[:1000]),
            is_wanted=asked.subscribe,
        )
        await self._hall.ask(guest, call)
        return protocol.UpdateSubscriptionsResponse()

    async def send_data(self, asked: Any) -> Message:
        """Bytes to some, or to all in a room."""
        room = self._room(asked.room)
        identities, sids = set(asked.destination_identities), set(asked.destination_sids)
        is_reliable = asked.kind == models.DataPacket.Kind.RELIABLE
        packet = models.DataPacket(
            kind=asked.kind,
            destination_identities=identities,
            user=models.UserPacket(
                payload=asked.data,
                topic=asked.topic,
                destination_identities=identities,
                nonce=asked.nonce or token_bytes(16),
            ),
        )
        payload = packet.SerializeToString()
        if len(payload) > media.DATA_MOST:
            raise Invalid({"data": ("BASE_TYPE_BAD_LENGTH", f"{media.DATA_MOST} bytes at most")})
        them = [g.sid for g in room.guests.values() if g.identity in identities or g.sid in sids]
        call = media.SendData(
            room=room.name,
            payload=b64encode(payload).decode(),
            is_reliable=is_reliable,
            to=tuple(them) if identities or sids else None,
        )
        await self._hall.hand_out(room, call)
        return protocol.SendDataResponse()

    async def _permit(self, guest: Guest, permission: models.ParticipantPermission) -> None:
        sources = [words.source_from(one) for one in permission.can_publish_sources]
        allowed = rights.granted(
            may_publish=permission.can_publish,
            sources=sources,
            may_listen=permission.can_subscribe,
        )
        await self._hall.allow(guest, allowed, may_send_data=permission.can_publish_data)

    def _room(self, name: str) -> Room:
        room = self._hall.rooms.get(name)
        if room is None:
            raise NotFound(message="requested room does not exist")
        return room

    def _guest(self, asked: Any) -> Guest:
        guest = self._room(asked.room).by_identity(asked.identity)
        if guest is None:
            raise NotFound(message="participant does not exist")
        return guest


def _bounded(*texts: str) -> None:
    if sum(len(text) for text in texts) > _TEXT_MOST:
        raise Invalid({"metadata": ("BASE_TYPE_BAD_LENGTH", f"{_TEXT_MOST} signs at most")})
