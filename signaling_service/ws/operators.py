"""The door for operators' programs: LiveKit's RoomService, POST /twirp/livekit.RoomService/…, in
JSON or protobuf, on the node's own port. Who may ask what is looked at here; what is done stands in
room_service.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from livekit.protocol import room as protocol
from starlette.types import Receive, Scope, Send

from contracts.errors import (
    Conflict,
    DomainError,
    Forbidden,
    NotFound,
    Unauthorized,
    Unavailable,
)
from signaling_service.domain.tokens import Claims
from signaling_service.ws.reception import Reception
from signaling_service.ws.room_service import RoomService
from signaling_service.ws.sockets import bearer_of

PREFIX = "/twirp/livekit.RoomService/"
_BODY_BYTES = 128 << 10
_REFUSALS: tuple[tuple[type[DomainError], int, str], ...] = (
    (NotFound, 404, "not_found"),
    (Forbidden, 403, "permission_denied"),
    (Unauthorized, 401, "unauthenticated"),
    (Conflict, 412, "failed_precondition"),
    (Unavailable, 503, "unavailable"),
    (DomainError, 400, "invalid_argument"),
)


class Operators:
    """Answers one request."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._service = RoomService(reception.hall)

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
            if len(body) > _BODY_BYTES:
                raise DecodeError("too long")
            asked = json_format.Parse(body, shape()) if is_json else shape.FromString(body)
            claims = self._reception.operator(bearer_of(scope))
            _require(claims, grant, getattr(asked, "room", ""))
            answer = await act(self._service, asked)
        except (DecodeError, json_format.ParseError, RecursionError):
            return 400, _refusal("malformed", "the request can not be read")
        except DomainError as error:
            status, name = next(each[1:] for each in _REFUSALS if isinstance(error, each[0]))
            return status, _refusal(name, error.message)
        if is_json:
            return 200, json_format.MessageToJson(answer, indent=None).encode()
        return 200, answer.SerializeToString()


_Method = tuple[type[Any], str, Callable[[RoomService, Any], Awaitable[Message]]]
_ADMIN = "roomAdmin"

_METHODS: dict[str, _Method] = {
    "CreateRoom": (protocol.CreateRoomRequest, "roomCreate", RoomService.create_room),
    "ListRooms": (protocol.ListRoomsRequest, "roomList", RoomService.list_rooms),
    "DeleteRoom": (protocol.DeleteRoomRequest, "roomCreate", RoomService.delete_room),
    "UpdateRoomMetadata": (protocol.UpdateRoomMetadataRequest, _ADMIN, RoomService.describe_room),
    "ListParticipants": (protocol.ListParticipantsRequest, _ADMIN, RoomService.list_participants),
    "GetParticipant": (protocol.RoomParticipantIdentity, _ADMIN, RoomService.get_participant),
    "RemoveParticipant": (protocol.RoomParticipantIdentity, _ADMIN, RoomService.remove),
    "UpdateParticipant": (
        protocol.UpdateParticipantRequest,
        _ADMIN,
        RoomService.describe,
    ),
    "MutePublishedTrack": (protocol.MuteRoomTrackRequest, _ADMIN, RoomService.mute_track),
    "UpdateSubscriptions": (protocol.UpdateSubscriptionsRequest, _ADMIN, RoomService.subscribe),
    "SendData": (protocol.SendDataRequest, _ADMIN, RoomService.send_data),
}


def _require(claims: Claims, grant: str, room: str) -> None:
    """Who governs a room governs the one that the token names, and no other."""
    if not claims.has(grant) or (grant == _ADMIN and claims.room != room):
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
