"""What operators look at when somebody hears nothing: GET /diagnostics (workers and rooms of this
node) and GET /diagnostics/{room} (everybody in it, with what the worker measures), on the node's
own port, with the tokens that RoomService takes.
"""

from __future__ import annotations

import orjson
from starlette.types import Receive, Scope, Send

from contracts.errors import Forbidden, NotFound, Unauthorized
from contracts.rpc.media_stats import ParticipantStats
from contracts.wire import JSON, from_ms, timestamp
from signaling_service.domain.tokens import Claims
from signaling_service.hall.rooms import Guest, Room
from signaling_service.ws.reception import Reception
from signaling_service.ws.sockets import bearer_of

PREFIX = "/diagnostics"


class Diagnostics:
    """Answers one request."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._hall = reception.hall

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever is asked, an answer."""
        del receive
        try:
            if scope["type"] != "http" or scope["method"] != "GET":
                raise NotFound
            claims = self._reception.operator(bearer_of(scope))
            name = scope["path"].removeprefix(PREFIX).strip("/")
            status, told = 200, await self._of_room(claims, name) if name else self._of_all(claims)
        except (NotFound, Forbidden, Unauthorized) as error:
            status, told = error.status, {"message": error.message}
        body = orjson.dumps(told)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _of_all(self, claims: Claims) -> JSON:
        if not claims.has("roomList"):
            raise Forbidden
        return {
            "node": self._reception.node,
            "workers": [one.dump() for one in self._hall.workers.living()],
            "rooms": [_room(one) for one in self._hall.rooms.values()],
        }

    async def _of_room(self, claims: Claims, name: str) -> JSON:
        if not claims.has("roomAdmin") or claims.room != name:
            raise Forbidden
        room = self._hall.rooms.get(name)
        if room is None:
            raise NotFound(message="requested room does not exist")
        # What is known here is worth the more when a worker does not answer.
        stats, trouble = await self._hall.measured(room)
        measured = {one.participant: one for each in stats for one in each.participants}
        people = [_guest(one, measured.get(one.sid)) for one in room.guests.values()]
        legs = [leg.dump() for each in stats for leg in each.legs]
        told = {"worker_trouble": trouble or None, "legs": legs, "participants": people}
        return {**_room(room), **told}


def _room(room: Room) -> JSON:
    return {
        "room": room.name,
        "sid": room.sid,
        "worker": room.worker,
        "workers": sorted(room.workers()),
        "since": timestamp(from_ms(room.created_ms)),
        "capacity": room.capacity,
        "people": len(room.guests),
    }


def _guest(guest: Guest, measured: ParticipantStats | None) -> JSON:
    may = guest.rights
    return {
        "identity": guest.identity,
        "sid": guest.sid,
        "worker": guest.worker,
        "since": timestamp(from_ms(guest.joined_ms)),
        "connections": guest.manner.value,
        "is_connected": guest.is_active,
        "is_of_the_house": guest.stay is not None,
        "is_muted_by_server": may.is_muted,
        "may": {"speak": may.may_speak, "show": may.may_show, "listen": may.may_listen},
        "tracks": [
            {
                "track": track.sid,
                "source": track.source.value,
                "codec": track.codec,
                "is_up": track.is_up,
                "is_muted": track.is_muted,
                "is_silenced": track.is_silenced,
            }
            for track in guest.tracks.values()
        ],
        "measured": measured.dump() if measured is not None else None,
    }
