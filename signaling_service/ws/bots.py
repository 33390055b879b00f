"""Discord's voice gateway as libraries of bots speak it, unmodified: JSON over one WebSocket at the
node's root. docs/protocols/voice-gateway.md tells it; one connected client is in bots_door.py.
"""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from chassis.logs import logger
from contracts.errors import DomainError, Forbidden, Unauthorized, Unavailable
from contracts.rpc.media import Manner
from signaling_service.hall.rooms import Guest
from signaling_service.ws.bots_door import Door
from signaling_service.ws.bots_words import (
    VERSIONS,
    Close,
    Frame,
    Op,
    Refused,
    acknowledged,
    read,
    write,
)
from signaling_service.ws.reception import Admitted, Reception
from signaling_service.ws.sockets import Socket, accept, query_of

log = logger("bots")

_FRAMES_A_MINUTE = 600
_MISSED = 2.5
"""Heartbeats that may fail to come."""
_TRIES = 3
"""Of four seconds each, while no worker is there: less than a stay is awaited."""


class Bots:
    """Serves one connection."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._door: Door | None = None
        self._frames = 0
        self._minute = 0

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A client comes."""
        beat_s = self._reception.heartbeat_s
        socket = await accept(receive, send, holds=False, silence_s=beat_s * _MISSED)
        writing = self._reception.tasks.spawn("bots:write", socket.write())
        code = Close.TIMED_OUT
        try:
            if query_of(scope).get("v", "") not in VERSIONS:
                raise Refused(Close.BAD_REQUEST)
            socket.say(write(Op.HELLO, {"v": 8, "heartbeat_interval": int(beat_s * 1000)}))
            async for said in socket.read():
                # Binary frames belong to end-to-end encryption, which is never agreed upon.
                if isinstance(said, str):
                    await self._hear(socket, read(said))
        except Refused as refusal:
            code = refusal.code
            log.info("bots.refused", code=int(code), reason=code.name)
        finally:
            socket.close(code)
            door = self._door
            if door is not None and door.guest is not None and door.guest.door is door:
                self._reception.linger(door.guest, door)
            await writing

    async def _hear(self, socket: Socket, frame: Frame) -> None:
        self._count()
        door = self._door
        if frame.op == Op.HEARTBEAT:
            answer, heard = acknowledged(frame)
            if door is not None and heard is not None:
                door.forget(heard)
            socket.say(write(Op.HEARTBEAT_ACK, answer))
        elif frame.op in (Op.IDENTIFY, Op.RESUME):
            if door is not None:
                raise Refused(Close.IDENTIFIED_TWICE)
            enters = self._identify if frame.op == Op.IDENTIFY else self._resume
            await enters(socket, frame, await self._admitted(frame))
        elif door is None:
            raise Refused(Close.NOT_IDENTIFIED)
        else:
            await door.hear(frame)

    def _count(self) -> None:
        minute = self._reception.clock.now_ms() // 60_000
        self._frames = self._frames + 1 if minute == self._minute else 1
        self._minute = minute
        if self._frames > _FRAMES_A_MINUTE:
            raise Refused(Close.TOO_MUCH)

    async def _admitted(self, frame: Frame) -> Admitted:
        """Who the token and the session prove."""
        try:
            admitted = await self._reception.admit(frame.text("token"))
        except (Unauthorized, Forbidden):
            raise Refused(Close.NOT_ADMITTED) from None
        except DomainError:
            raise Refused(Close.NO_SESSION) from None
        stay = admitted.stay
        if stay is None or frame.text("session_id") != stay.session_id:
            raise Refused(Close.NOT_ADMITTED)
        if frame.text("server_id") != str(stay.place_id):
            raise Refused(Close.NO_SUCH_SERVER)
        return admitted

    async def _identify(self, socket: Socket, frame: Frame, admitted: Admitted) -> None:
        if frame.text("user_id") != admitted.claims.identity:
            raise Refused(Close.NOT_ADMITTED)
        door = Door(self._reception.hall, socket, self._reception.tasks)
        try:
            self._door = door
            door.guest = await self._enter(admitted, door)
            await door.welcome()
        except DomainError as error:
            log.info("bots.not_entered", reason=str(error))
            raise Refused(Close.NO_SESSION) from None

    async def _enter(self, admitted: Admitted, door: Door) -> Guest:
        """In, as soon as there is a worker. Other clients are refused sooner and come again; bots
        have the patience, and one library stops the music when it is refused.
        """
        for _ in range(_TRIES):
            try:
                return await self._reception.enter(admitted, door, Manner.CORD)
            except Unavailable as error:
                log.info("bots.no_worker", reason=str(error))
        raise Unavailable

    async def _resume(self, socket: Socket, frame: Frame, admitted: Admitted) -> None:
        room = self._reception.hall.rooms.get(admitted.room)
        guest = room.by_identity(admitted.claims.identity) if room is not None else None
        former = guest.door if guest is not None else None
        heard = frame.fields().get("seq_ack", -1)
        if guest is None or not isinstance(former, Door) or not isinstance(heard, int):
            raise Refused(Close.NO_SESSION)
        door = former.taken_over(socket, heard)
        if door is None:
            raise Refused(Close.NO_SESSION)
        self._door = guest.door = door
