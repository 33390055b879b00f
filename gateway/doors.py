"""Where clients come in: the HTTP side, and behind its upgrades one door for each protocol."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import APIRouter

from chassis.blobs import Blobs
from chassis.http import application
from chassis.service import Service
from contracts.attachments import Links
from gateway.live.lobby import Lobby
from gateway.live.socket import Headers, Socket
from gateway.live.ws import GatewaySocket
from gateway.rest import api, attachments, pictures, reference
from gateway.rest.authenticate import Authenticator, Stamps
from gateway.rest.buckets import Buckets
from gateway.rest.desk import Carry, Desk
from gateway.rest.errand import Errand, Outcome
from gateway.rest.peers import Peers
from gateway.rest.pools import Upstreams
from gateway.rest.ratelimit import Limiter
from gateway.rest.routes import Routes
from gateway.rest.tally import Tally
from gateway.rest.voice import PREFIX
from gateway.settings import Settings
from gateway.stomp.socket import StompSocket

_STOMP = b"/stomp"
_UNAUTHORIZED = 401
_SHUT_OUT = (
    b"HTTP/1.1 429 Too Many Requests\r\n%bContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n"
)


class Doors:
    """Takes transports over from the HTTP side."""

    desk: Desk
    """What requests of sessions go through; known once the HTTP side stands."""

    def __init__(self, lobby: Lobby, carry: Carry) -> None:
        self._lobby = lobby
        self._carry = carry

    def adopt(
        self,
        transport: asyncio.Transport,
        line: bytes,
        headers: Headers,
        leftover: bytes,
        address: bytes,
    ) -> None:
        """A client asks for a WebSocket. `line` is b"GET /path?query"."""
        path = line.removeprefix(b"GET ")
        if path.startswith(PREFIX):
            return self._carry(transport, line, headers, leftover)
        if (shut_out := self.desk.limiter.shut_out(address, self.desk.clock.monotonic())) is None:
            socket = self._socket(path)
            socket.in_vain = partial(self._in_vain, address)
            return socket.adopt(transport, line, headers, leftover)
        transport.write(_SHUT_OUT % (shut_out.headers, len(shut_out.refusal or b"")))
        transport.write(shut_out.refusal or b"")
        return transport.close()

    def _socket(self, path: bytes) -> Socket:
        if path.startswith(_STOMP):
            return StompSocket(self._lobby, self._run)
        return GatewaySocket(self._lobby)

    def _in_vain(self, address: bytes) -> None:
        # A dead token is no cheaper here than by REST.
        self.desk.limiter.in_vain(address, _UNAUTHORIZED, self.desk.clock.monotonic())

    async def _run(self, method: bytes, path: bytes, token: str, body: bytes) -> Outcome:
        # What is asked in vain counts against whoever asks: the token's owner, by the head of it.
        address = b"stomp:%b" % token.encode().partition(b".")[0][:64]
        return await Errand(self.desk).run(method, path, token, body, address=address)


def desk(
    service: Service, settings: Settings, who: Authenticator, doors: Doors, *more: APIRouter
) -> Desk:
    """The HTTP side, with what it answers itself."""
    clock, tasks, routes = service.clock, service.tasks, Routes()
    blobs, links = Blobs(settings), Links.under(settings.keys(), settings.public_url)
    shown = pictures.Pictures(blobs, tasks)
    described = reference.Reference(
        settings.upstream_addresses(), routes, public_url=settings.public_url, clock=clock
    )
    redis = settings.redis_url.get_secret_value()
    buckets = service.use(Buckets(redis, clock=clock, tasks=tasks))
    return Desk(
        routes=routes,
        authenticator=who,
        stamps=Stamps(settings.keys(), clock),
        limiter=Limiter(clock, scale=settings.rate_limit_scale, shared=buckets),
        upstreams=Upstreams(settings.upstream_addresses(), clock=clock, tasks=tasks),
        app=application(
            service.name,
            api.router(settings.public_url),
            reference.router(described),
            attachments.router(attachments.Attachments(blobs, links, shown, clock)),
            *more,
            pictures.router(shown),  # the last, as it takes every path
        ),
        adopt=doors.adopt,
        clock=clock,
        tasks=tasks,
        tally=Tally(service.metrics),
        peers=Peers(settings.trusted_proxies),
    )
