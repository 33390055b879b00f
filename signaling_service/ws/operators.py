"""LiveKit's RoomService for operators' programs: POST /twirp/livekit.RoomService/…, JSON or
protobuf, on the node's own port. Who is in voice by the house's word is put out or muted here as
well; where nothing is known of a room, the answer says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from livekit.protocol import room as protocol
from starlette.types import Receive, Scope, Send

from contracts.errors import DomainError, Forbidden, NotFound
from signaling_service.domain.tokens import Claims
from signaling_service.hall.rooms import Guest, Room, Why
from signaling_service.ws import words
from signaling_service.ws.reception import Reception
from signaling_service.ws.sockets import bearer_of

PREFIX = "/twirp/livekit.RoomService/"
_BODY_BYTES = 64 << 10


class RoomService:
    """Answers one request."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever is asked, an answer."""
        known = _METHODS.get(scope["path"].removeprefix(PREFIX))
        kind = next((v for name, v in scope["headers"] if name == b"content-type"), b"")
        is_json = kind.startswith(b"application/json")
        status, body = 404, _refusal("bad_route", "no such method")
        if scope["type"] == "http" and scope["method"] == "POST" and known is not None:
            status, body = await self._answer(known, scope, await _read(receive), is_json=is_json)
        said = b"application/json" if is_json or status != 200 else b"application/protobuf"
        headers = [(b"content-type", said), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self, known: _Method, scope: Scope, body: bytes, *, is_json: bool
    ) -> tuple[int, bytes]:
        shape, grant, act = known
        try:
            asked = json_format.Parse(body, shape()) if is_json else shape.FromString(body)
            claims = self._reception.operator(bearer_of(scope))
            _require(claims, grant, getattr(asked, "room", ""))
            answer = await act(self, asked)
        except (DecodeError, json_format.ParseError):
            return 400, _refusal("malformed", "the request can not be read")
        except NotFound as error:
            return 404, _refusal("not_found", error.message)
        except DomainError as error:
            is_forbidden = isinstance(error, Forbidden)
            name = "permission_denied" if is_forbidden else "unauthenticated"
            return (403 if is_forbidden else 401), _refusal(name, error.message)
        if is_json:
            return 200, json_format.MessageToJson(answer, indent=None).encode()
        return 200, answer.SerializeToString()

    async def list_rooms(self, asked: Any) -> Message:
        """Those of this node."""
        rooms = self._reception.hall.rooms.values()
        names = set(asked.names)
        found = [words.room_of(one) for one in rooms if not names or one.name in names]
        return protocol.ListRoomsResponse(rooms=found)

    async def list_participants(self, asked: Any) -> Message:
        """Everybody in a room."""
        guests = self._room(asked.room).guests.values()
        found = [words.participant(one) for one in guests]
        return protocol.ListParticipantsResponse(participants=found)

    async def get_participant(self, asked: Any) -> Message:
        """Somebody in a room."""
        return words.participant(self._guest(asked))

    async def remove_participant(self, asked: Any) -> Message:
        """Somebody has to go."""
        await self._reception.hall.leave(self._guest(asked), Why.CLOSED)
        return protocol.RemoveParticipantResponse()

    async def delete_room(self, asked: Any) -> Message:
        """Everybody has to go."""
        await self._reception.hall.close(self._room(asked.room), Why.CLOSED)
        return protocol.DeleteRoomResponse()

    def _room(self, name: str) -> Room:
        room = self._reception.hall.rooms.get(name)
        if room is None:
            raise NotFound(message="requested room does not exist")
        return room

    def _guest(self, asked: Any) -> Guest:
        guest = self._room(asked.room).by_identity(asked.identity)
        if guest is None:
            raise NotFound(message="participant does not exist")
        return guest


_Method = tuple[type[Any], str, Callable[[RoomService, Any], Awaitable[Message]]]

_METHODS: dict[str, _Method] = {
    "ListRooms": (protocol.ListRoomsRequest, "roomList", RoomService.list_rooms),
    "ListParticipants": (
        protocol.ListParticipantsRequest,
        "roomAdmin",
        RoomService.list_participants,
    ),
    "GetParticipant": (
        protocol.RoomParticipantIdentity,
        "roomAdmin",
        RoomService.get_participant,
    ),
    "RemoveParticipant": (
        protocol.RoomParticipantIdentity,
        "roomAdmin",
        RoomService.remove_participant,
    ),
    "DeleteRoom": (protocol.DeleteRoomRequest, "roomCreate", RoomService.delete_room),
}


def _require(claims: Claims, grant: str, room: str) -> None:
    if not claims.has(grant) or (grant == "roomAdmin" and claims.room not in ("", room)):
        raise Forbidden


def _refusal(code: str, message: str) -> bytes:
    return orjson.dumps({"code": code, "msg": message})


async def _read(receive: Receive) -> bytes:
    body, is_more = b"", True
    while is_more and len(body) <= _BODY_BYTES:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    return body
