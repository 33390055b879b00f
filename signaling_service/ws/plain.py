"""A plain protocol in JSON, the smallest client that anyone can write: `/signal`. One WebSocket,
one peer connection, the client always offers. docs/protocols/signal.md tells it; one connected
client is in plain_door.py.
"""

from __future__ import annotations

import orjson
from starlette.types import Receive, Scope, Send

from contracts.errors import DomainError, ErrorCode
from contracts.rpc.media import Manner
from contracts.wire import JSON
from signaling_service.ws.plain_door import Door, refusal
from signaling_service.ws.reception import Reception
from signaling_service.ws.sockets import Socket, accept, bearer_of, refuse

_CAPACITY_MOST = 1_000


class Plain:
    """Serves one connection."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A client comes."""
        if scope["type"] != "websocket":
            await refuse(scope, receive, send, 426, "this is spoken over a WebSocket")
            return
        socket = await accept(receive, send, holds=False)
        writing = self._reception.tasks.spawn("plain:write", socket.write())
        door = Door(self._reception.hall, socket)
        try:
            await self._listen(socket, door, bearer_of(scope))
        finally:
            if door.guest is not None and not door.guest.is_gone:
                self._reception.linger(door.guest)
            socket.close()
            await writing

    async def _listen(self, socket: Socket, door: Door, token: str) -> None:
        async for said in socket.read():
            frame = _read(said)
            if frame is None:
                door.say(refusal("malformed", "a frame is one JSON object with a type"))
            elif door.guest is None and frame["type"] == "join":
                if not await self._join(door, frame, token):
                    return
            elif door.guest is None:
                door.say(refusal("not_joined", "join first", frame))
            elif not await door.hear(frame):
                return

    async def _join(self, door: Door, frame: JSON, token: str) -> bool:
        shown = frame.get("token") or token
        try:
            admitted = await self._reception.admit(shown if isinstance(shown, str) else "")
            is_new = admitted.room not in self._reception.hall.rooms
            guest = await self._reception.enter(admitted, door, Manner.ONE)
        except DomainError as error:
            is_full = error.error is ErrorCode.ROOM_FULL
            name = "full" if is_full else "refused"
            door.say({"type": "full"} if is_full else refusal(name, error.message, frame))
            return False
        door.guest = guest
        room = self._reception.room_of(guest)
        if room is None:
            return False
        if is_new and admitted.stay is None:
            room.capacity = _capacity(frame)
        door.welcome(room, is_new=is_new)
        return True


def _read(said: bytes | str) -> JSON | None:
    try:
        frame = orjson.loads(said)
    except orjson.JSONDecodeError:
        return None
    is_frame = isinstance(frame, dict) and isinstance(frame.get("type"), str)
    return frame if is_frame else None


def _capacity(frame: JSON) -> int:
    asked = frame.get("capacity")
    if not isinstance(asked, int) or isinstance(asked, bool):
        return 0
    return min(max(asked, 0), _CAPACITY_MOST)
