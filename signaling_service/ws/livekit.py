"""LiveKit's signal protocol as its clients speak it unmodified: version 0 at `/rtc` with two peer
connections, version 1 at `/rtc/v1` with one. How clients ask to come in is in asking.py, how
messages look in words.py; one connected client is in livekit_door.py.
"""

from __future__ import annotations

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from livekit.protocol import rtc
from starlette.types import Receive, Scope, Send

from chassis.logs import logger
from contracts.errors import DomainError, Forbidden, Unauthorized, Unavailable
from contracts.rpc.media import RestartIce
from signaling_service.hall.rooms import Guest, Why
from signaling_service.ws import asking, words
from signaling_service.ws.asking import Asked
from signaling_service.ws.livekit_door import Door
from signaling_service.ws.reception import Admitted, Reception
from signaling_service.ws.sockets import Socket, accept, bearer_of, query_of, refuse

log = logger("livekit")

_WAYS = {"/rtc": asking.by_query, "/rtc/v1": asking.by_request}
_QUESTION = "/validate"


class LiveKit:
    """Serves one connection or question."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A client comes, or asks why it could not."""
        path = scope["path"]
        way = _WAYS.get(path.removesuffix(_QUESTION))
        is_question = path.endswith(_QUESTION)
        if way is None or is_question is not (scope["type"] == "http"):
            await refuse(scope, receive, send, 404, "not found")
            return
        try:
            admitted = await self._reception.admit(bearer_of(scope))
            asked = None if is_question else way(query_of(scope))
        except DomainError as error:
            log.info("livekit.refused", reason=str(error))
            await refuse(scope, receive, send, _status(error), _reason(error))
            return
        except ValueError as error:
            log.info("livekit.unreadable", reason=str(error))
            await refuse(scope, receive, send, 400, str(error))
            return
        if asked is None:
            await refuse(scope, receive, send, 200, "success")
            return
        socket = await accept(receive, send)
        writing = self._reception.tasks.spawn("livekit:write", socket.write())
        try:
            door = await self._enter(socket, admitted, asked)
            if door is not None:
                await self._listen(socket, door, asked)
        finally:
            socket.close()
            await writing

    async def _enter(self, socket: Socket, admitted: Admitted, asked: Asked) -> Door | None:
        door = Door(self._reception.hall, socket, self._reception.tasks)
        if asked.was is not None:
            return await self._go_on(socket, door, admitted, asked.was)
        try:
            guest = await self._reception.enter(
                admitted,
                door,
                asked.manner,
                subscribes_by_itself=asked.subscribes_by_itself,
            )
        except DomainError as error:
            log.info("livekit.not_entered", reason=str(error))
            is_away = isinstance(error, Unavailable)
            socket.open_with(door.encode(words.leave(Why.MEDIA_LOST if is_away else Why.CLOSED)))
            return None
        door.guest = guest
        room = self._reception.room_of(guest)
        if room is None:
            return None
        told = words.join(room, guest, node=self._reception.node, region=self._reception.region)
        socket.open_with(door.encode(told))
        return door

    async def _go_on(self, socket: Socket, door: Door, admitted: Admitted, sid: str) -> Door | None:
        found = self._reception.hall.guest(admitted.room, sid)
        if found is None or found[1].identity != admitted.claims.identity:
            socket.open_with(door.encode(words.leave(Why.MEDIA_LOST)))
            return None
        room, guest = found
        former, guest.door = guest.door, door
        if isinstance(former, Door):
            former.replaced()
        door.guest = guest
        socket.open_with(door.encode(words.back(guest)))
        door.changed([guest, *room.seen_by(guest)])
        await self._restart(guest)
        return door

    async def _restart(self, guest: Guest) -> None:
        hall = self._reception.hall
        try:
            await hall.ask(guest, RestartIce(room=hall.name_of(guest), participant=guest.sid))
        except DomainError as error:
            log.info("livekit.not_restarted", reason=str(error))
            await hall.leave(guest, Why.MEDIA_LOST)

    async def _listen(self, socket: Socket, door: Door, asked: Asked) -> None:
        try:
            for request in asked.says:
                await door.hear(request)
            async for said in socket.read():
                if not await self._hear(door, said):
                    break
        finally:
            guest = door.guest
            if guest is not None and guest.door is door:
                self._reception.linger(guest)

    async def _hear(self, door: Door, said: bytes | str) -> bool:
        try:
            if isinstance(said, str):
                door.speaks_text = True
                request = json_format.Parse(said, rtc.SignalRequest(), ignore_unknown_fields=True)
            else:
                request = rtc.SignalRequest.FromString(said)
        except (DecodeError, json_format.ParseError, RecursionError):
            log.info("livekit.unreadable")
            return False
        return await door.hear(request)


def _status(error: DomainError) -> int:
    if isinstance(error, Unauthorized):
        return 401
    return 403 if isinstance(error, Forbidden) else error.status


def _reason(error: DomainError) -> str:
    return "invalid token" if isinstance(error, Unauthorized) else error.message
