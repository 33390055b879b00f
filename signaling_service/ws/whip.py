"""WHIP (RFC 9725): a program such as OBS goes live by one POST with its offer. `/whip/{channel}` is
the endpoint, `/whip/{channel}/{secret}` a session. One program that goes live is in whip_door.py.
"""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Final

from starlette.types import Receive, Scope, Send

from chassis.logs import logger
from contracts.errors import DomainError, NotFound, Unauthorized
from contracts.rpc import media
from contracts.rpc.media import Manner
from signaling_service.actions import streaming
from signaling_service.actions.streaming import Live
from signaling_service.domain.tokens import Claims
from signaling_service.hall.rooms import Guest, Why
from signaling_service.ws.reception import Admitted, Reception
from signaling_service.ws.sockets import bearer_of
from signaling_service.ws.whip_door import Door, Fragment, fragment_of, tracks

log = logger("whip")

_SDP, _FRAGMENT = b"application/sdp", b"application/trickle-ice-sdpfrag"
_BODY_MOST: Final = media.SDP_MOST
_CANDIDATES_MOST = 64

Lines = list[tuple[bytes, bytes]]


class Refused(Exception):
    """An answer that only HTTP knows."""

    def __init__(self, status: int, text: str, *lines: tuple[bytes, bytes]) -> None:
        super().__init__(text)
        self.status = status
        self.lines = lines


class Whip:
    """Answers one request."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._hall = reception.hall

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever is asked, an answer."""
        status, body = 404, b"not found"
        lines: Lines = []
        try:
            if scope["type"] == "http":
                status, lines, body = await self._answered(scope, receive)
        except Refused as refusal:
            status, lines, body = refusal.status, [*refusal.lines], str(refusal).encode()
        except DomainError as error:
            status, body = error.status, error.message.encode()
            if isinstance(error, Unauthorized):
                lines = [(b"www-authenticate", b"Bearer")]
            elif status == 503:
                lines = [(b"retry-after", b"1")]
        if not any(name == b"content-type" for name, _ in lines) and body:
            lines = [*lines, (b"content-type", b"text/plain; charset=utf-8")]
        lines = [*lines, (b"content-length", b"%d" % len(body)), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    async def _answered(self, scope: Scope, receive: Receive) -> tuple[int, Lines, bytes]:
        channel, *rest = scope["path"].split("/")[2:] or [""]
        if not (channel.isascii() and channel.isdigit() and len(channel) < 20) or len(rest) > 1:
            raise NotFound
        method = scope["method"]
        if not rest:
            _require(method, b"POST, OPTIONS")
            if method == "OPTIONS":
                return 204, [(b"accept-post", _SDP)], b""
            return await self._begin(scope, receive, int(channel))
        _require(method, b"PATCH, DELETE, OPTIONS")
        if method == "OPTIONS":
            return 204, [(b"accept-patch", _FRAGMENT)], b""
        guest, door = self._session(channel, rest[0], bearer_of(scope))
        if method == "DELETE":
            await self._hall.leave(guest, Why.LEFT)
            return 200, [], b""
        return await self._patch(scope, receive, guest, door)

    async def _begin(
        self, scope: Scope, receive: Receive, channel_id: int
    ) -> tuple[int, Lines, bytes]:
        key = bearer_of(scope)
        if not key:
            raise Unauthorized
        offer = await _body(scope, receive, _SDP)
        live = await streaming.begin(self._reception.tools, key, channel_id)
        door = Door(key, token_urlsafe(24), offer)
        guest = await self._enter(live, door, channel_id)
        try:
            answer = await self._agree(guest, offer)
        except (DomainError, Refused):
            await self._hall.leave(guest, Why.LEFT)
            raise
        node = await self._reception.tools.nodes.one(self._reception.node)
        base = node.endpoint.replace("ws", "http", 1) if node is not None else ""
        lines = [
            (b"content-type", _SDP),
            (b"location", f"{base}/whip/{channel_id}/{door.secret}".encode()),
            (b"etag", door.etag),
            (b"accept-patch", _FRAGMENT),
        ]
        lines += [(b"link", link.encode()) for link in door.links(guest)]
        return 201, lines, answer.encode()

    async def _enter(self, live: Live, door: Door, channel_id: int) -> Guest:
        """As the person, or beside them."""
        person = str(live.stay.user_id)
        claims = Claims(
            identity=person if live.is_own else f"{person}-live", issuer="", name=live.name
        )
        admitted = Admitted(
            claims, live.stay if live.is_own else None, live.rights, str(channel_id)
        )
        return await self._reception.enter(
            admitted,
            door,
            Manner.ONE,
            subscribes_by_itself=False,
            stream_key=live.key_id,
            on_behalf=0 if live.is_own else live.stay.user_id,
        )

    async def _agree(self, guest: Guest, offer: str) -> str:
        for track in tracks():
            await self._hall.publish(guest, track)
        room = self._hall.name_of(guest)
        asked = media.Offer(room=room, participant=guest.sid, sdp=offer)
        answered = await self._hall.ask(guest, asked)
        if not answered.tracks:
            raise Refused(422, "nothing of this offer can be taken: Opus, VP8 or H264 are wanted")
        return answered.sdp

    def _session(self, channel: str, secret: str, key: str) -> tuple[Guest, Door]:
        room = self._hall.rooms.get(channel)
        for guest in room.guests.values() if room is not None else ():
            if isinstance(guest.door, Door) and guest.door.is_named(secret):
                if not guest.door.is_opened_by(key):
                    raise Unauthorized
                return guest, guest.door
        raise NotFound

    async def _patch(
        self, scope: Scope, receive: Receive, guest: Guest, door: Door
    ) -> tuple[int, Lines, bytes]:
        said = fragment_of(await _body(scope, receive, _FRAGMENT))
        match = dict(scope["headers"]).get(b"if-match")
        if match is None:
            raise Refused(428, "If-Match is wanted")
        if door.is_another(said):
            return await self._restart(guest, door, said)
        if match not in (door.etag, b"*"):
            raise Refused(412, "the session has gone on since")
        room = self._hall.name_of(guest)
        for mid, candidate in said.candidates[:_CANDIDATES_MOST]:
            told = media.AddCandidate(
                room=room, participant=guest.sid, candidate=candidate[:1024], mid=mid
            )
            await self._hall.ask(guest, told)
        return 204, [(b"etag", door.etag)], b""

    async def _restart(self, guest: Guest, door: Door, said: Fragment) -> tuple[int, Lines, bytes]:
        """The program is on another network: the same offer with other credentials."""
        offer = door.restarted(said)
        asked = media.Offer(room=self._hall.name_of(guest), participant=guest.sid, sdp=offer)
        answered = await self._hall.ask(guest, asked)
        door.renew(offer)
        lines = [(b"content-type", _FRAGMENT), (b"etag", door.etag)]
        return 200, lines, door.fragment(answered.sdp).encode()


def _require(method: str, allowed: bytes) -> None:
    if method.encode() not in allowed.split(b", "):
        raise Refused(405, "not so", (b"allow", allowed))


async def _body(scope: Scope, receive: Receive, kind: bytes) -> str:
    given = dict(scope["headers"]).get(b"content-type", b"")
    if given.partition(b";")[0].strip().lower() != kind:
        accepts = b"accept-post" if kind == _SDP else b"accept-patch"
        raise Refused(415, f"{kind.decode()} is wanted", (accepts, kind))
    data = b""
    while True:
        message = await receive()
        data += message.get("body", b"")
        if len(data) > _BODY_MOST:
            raise Refused(413, "too long")
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    try:
        return bytes(data).decode()
    except UnicodeDecodeError:
        raise Refused(400, "this is no text") from None
