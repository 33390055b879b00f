"""One connection to a service behind the edge, and the bytes of responses that come over it.

It carries one exchange at a time. What becomes of a failure is the exchange's business; which
connection carries which exchange is decided in pools.py.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

import httptools

from chassis.logs import logger
from contracts import lane
from gateway.rest.heads import CHUNKED, HEAD_BYTES, UNTIL_CLOSE, Response, read_response

log = logger("upstream")

_AWAITED = -3


class Way(Protocol):
    """What an exchange knows of the connection that carries it."""

    def write(self, data: bytes) -> None:
        """More of the request's body."""

    def pause(self, *, is_paused: bool) -> None:
        """Stop or go on reading the response: the client is slow."""

    def leave(self) -> None:
        """Nobody waits for the response any more."""

    def drop(self) -> None:
        """The response is given up."""


class Carried(Protocol):
    """An exchange, as far as a connection knows it."""

    is_head: bool
    is_complete: bool
    """The request was received, and sent on, to its end."""
    is_gone: bool
    """Nobody waits for it any more."""
    is_brief: bool
    """It may go by a lane, as its request is whole and small and so will be its answer."""

    def question(self, turn: bytes) -> lane.Question:
        """The request, for a lane."""

    def answered(self, answer: lane.Answer) -> None:
        """The whole answer that came by a lane."""

    def wire(self) -> bytes:
        """Everything of the request that is known so far."""

    def attached(self, upstream: Way) -> None:
        """The request is on its way over this connection."""

    def respond(self, response: Response, body: bytes) -> None:
        """The response began."""

    def more(self, data: bytes, plain: bytes) -> None:
        """More of its body: as it came, and without chunk framing (the same unless chunked)."""

    def finish(self) -> None:
        """The response is whole."""

    def upstream_lost(self) -> None:
        """The connection broke before the response was whole."""

    def upstream_absent(self) -> None:
        """No connection is to be had."""

    def hold_body(self, *, is_full: bool) -> None:
        """The service takes no more for now, or takes again."""


class Owner(Protocol):
    """The pool that a connection belongs to."""

    service: str

    def release(self, connection: UpstreamConnection) -> None:
        """It is free."""

    def gone(self, connection: UpstreamConnection) -> None:
        """It is no more."""


class UpstreamConnection(asyncio.Protocol):
    """One connection to one service."""

    __slots__ = (
        "_buffer",
        "_chunks",
        "_is_keep_alive",
        "_is_read_paused",
        "_left",
        "_pool",
        "_transport",
        "exchange",
        "idle_since",
    )

    def __init__(self, pool: Owner) -> None:
        self._pool = pool
        self._buffer = b""
        self._left = _AWAITED
        self._chunks: _Chunks | None = None
        self._is_keep_alive = True
        self._is_read_paused = False
        self._transport: asyncio.Transport
        self.exchange: Carried | None = None
        self.idle_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to carry."""
        # uvloop's transports are no asyncio.Transport by class, only by what they can.
        self._transport = cast(asyncio.Transport, transport)

    def carry(self, exchange: Carried) -> None:
        """Send a request and await its response."""
        self.exchange = exchange
        self._left = _AWAITED
        exchange.attached(self)
        self._transport.write(exchange.wire())

    def is_closing(self) -> bool:
        """Whether it is of no use any more."""
        return self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """More of the request's body."""
        self._transport.write(data)

    def pause(self, *, is_paused: bool) -> None:
        """Stop or go on reading the response: the client is slow."""
        if is_paused != self._is_read_paused and not self._transport.is_closing():
            self._is_read_paused = is_paused
            (self._transport.pause_reading if is_paused else self._transport.resume_reading)()

    def leave(self) -> None:
        """With the client goes the connection: what comes would have to be read to its end."""
        self.drop()

    def drop(self) -> None:
        """Give up the exchange and the connection."""
        self.exchange = None
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """A piece of a response."""
        exchange = self.exchange
        if exchange is None:
            self._transport.abort()
        elif self._left == _AWAITED:
            self._head(exchange, self._buffer + data if self._buffer else data)
        else:
            self._body(exchange, data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The service or the network ended it."""
        del exc
        self._pool.gone(self)
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        if self._left == UNTIL_CLOSE:
            exchange.finish()
        else:
            exchange.upstream_lost()

    def pause_writing(self) -> None:
        """The service is slow to read."""
        if self.exchange is not None:
            self.exchange.hold_body(is_full=True)

    def resume_writing(self) -> None:
        """The service reads again."""
        if self.exchange is not None:
            self.exchange.hold_body(is_full=False)

    def _head(self, exchange: Carried, data: bytes) -> None:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._buffer = data
            if len(data) > 2 * HEAD_BYTES:
                self._broken("response head too large")
            return
        self._buffer = b""
        response = read_response(data[:end], has_no_body=exchange.is_head)
        if response is None:
            self._broken("no HTTP response")
            return
        rest = data[end + 4 :]
        if response.status < 200:
            if rest:
                self._head(exchange, rest)
            return
        self._is_keep_alive = response.is_keep_alive
        if response.length >= 0:
            self._counted(exchange, response, rest)
            return
        self._left = response.length
        exchange.respond(response, b"")
        if response.length == CHUNKED:
            self._chunks = _Chunks()
        if rest:
            self._body(exchange, rest)

    def _counted(self, exchange: Carried, response: Response, rest: bytes) -> None:
        self._left = response.length - len(rest)
        if self._left < 0:
            rest, self._left, self._is_keep_alive = rest[: response.length], 0, False
        exchange.respond(response, rest)
        if self._left == 0:
            self._done(exchange)

    def _body(self, exchange: Carried, data: bytes) -> None:
        chunks = self._chunks
        if chunks is not None:
            plain = chunks.feed(data)
            if plain is None:
                self._broken("chunks out of order")
                return
            exchange.more(data, plain)
            if chunks.is_over:
                self._done(exchange)
            return
        if self._left >= 0:
            self._left -= len(data)
            if self._left < 0:
                data, self._left, self._is_keep_alive = data[: self._left], 0, False
        exchange.more(data, data)
        if self._left == 0:
            self._done(exchange)

    def _done(self, exchange: Carried) -> None:
        if self.exchange is not exchange:
            return
        self.exchange = None
        self._chunks = None
        self.pause(is_paused=False)
        if exchange.is_complete and self._is_keep_alive and not self.is_closing():
            self._pool.release(self)
        else:
            self._transport.close()
        exchange.finish()

    def _broken(self, why: str) -> None:
        log.warning("upstream.broken", service=self._pool.service, why=why)
        exchange, self.exchange = self.exchange, None
        self._transport.abort()
        if exchange is not None:
            exchange.upstream_lost()


class _Chunks:
    """Finds the end of a chunked body."""

    __slots__ = ("_parser", "_plain", "is_over")

    def __init__(self) -> None:
        self.is_over = False
        self._plain: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)
        self._parser.feed_data(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")

    def feed(self, data: bytes) -> bytes | None:
        """The body in this piece; None if it is malformed or goes on after its end."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            return None
        plain = b"".join(self._plain)
        self._plain.clear()
        return plain

    def on_message_begin(self) -> None:
        """Only one response is awaited."""
        if self.is_over:
            raise ValueError("a second response")

    def on_body(self, data: bytes) -> None:
        """A chunk, or a part of one."""
        self._plain.append(data)

    def on_message_complete(self) -> None:
        """The last chunk and its trailers were seen."""
        self.is_over = True
