"""A client's HTTP connection at the edge: reads requests, keeps their order, hands WebSockets over.

What becomes of a request is its exchange's business. uvicorn runs this class instead of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

import httptools
from uvicorn.server import ServerState

from chassis.logs import logger
from gateway.rest.desk import Desk
from gateway.rest.exchange import Exchange
from gateway.rest.heads import CHUNKED, HEAD_BYTES, Head, Lines, read
from gateway.rest.voice import PREFIX

log = logger("edge")

HEAD_WITHIN_S = 10.0
IDLE_FOR_S = 75.0
LINGER_S = 5.0
FLUSH_S = 30.0
_PIPELINED = 64
_SOCKETS = frozenset((b"/", b"/gateway", b"/gateway/", b"/stomp", b"/stomp/", b"/stomp/websocket"))


class _Enough(Exception):
    """Stops the parser: what follows is not to be read."""


class EdgeProtocol(asyncio.Protocol):
    """One connection. Edge.protocol_class() gives it the signature that uvicorn calls."""

    __slots__ = (
        "_fresh",
        "_incoming",
        "_is_advancing",
        "_is_between",
        "_is_big",
        "_is_deaf",
        "_is_ended",
        "_is_full",
        "_is_held",
        "_is_in_head",
        "_lines",
        "_messages",
        "_now",
        "_parser",
        "_peer",
        "_queue",
        "_raw",
        "_reread",
        "_server",
        "_socket",
        "_transport",
        "_url",
        "_writes_paused",
        "deadline",
        "desk",
        "is_draining",
    )

    def __init__(self, desk: Desk, server_state: ServerState) -> None:
        self.desk = desk
        self._server = server_state
        self._parser = httptools.HttpRequestParser(self)
        self._queue: deque[Exchange] = deque()
        self._incoming: Exchange | None = None
        self._lines = Lines()
        self._url = b""
        self._socket: Head | None = None
        self._reread: int | None = None
        self._peer = b""
        self._raw = self._messages = 0
        self._now = self.deadline = 0.0
        self._is_between = True
        self._fresh = b""
        self._is_advancing = self._is_big = self._is_deaf = self._is_ended = False
        self._is_full = self._is_held = self._is_in_head = False
        self._writes_paused = self.is_draining = False

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        # uvloop's transports are no asyncio.Transport by class, only by what they can.
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]).encode() if isinstance(peer, tuple) else b"local"
        self.deadline = self.desk.clock.monotonic() + IDLE_FOR_S
        self.desk.connections.add(self)
        self._server.connections.add(self)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        del exc
        self._leave()
        self._is_ended = True
        for exchange in self._queue:
            exchange.abandon()
        self._queue.clear()
        self._incoming = None
        del self._parser  # it holds this object's methods: without the ring nothing waits for gc

    def eof_received(self) -> bool:
        """The client sends no more; it may still await answers."""
        self.is_draining = True
        if self._incoming is not None and not self._incoming.is_complete:
            return False
        return bool(self._queue) and not self._is_ended

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        if self._is_deaf:
            return
        self._now = self.desk.clock.monotonic()
        if self._is_between and len(self._queue) < _PIPELINED:
            known = self.desk.familiar.recognise(data)
            if known is not None:
                self._recognised(*known)
                return
            self._fresh = data
        self._is_big = self._raw + len(data) > HEAD_BYTES
        messages = self._messages
        self._read(data)
        if self._is_in_head and messages == self._messages:
            self._raw += len(data)
            if self._raw > HEAD_BYTES:
                self._refuse(431)
        self.advance(self._now)

    def pause_writing(self) -> None:
        """The client is slow to read."""
        self._writes_paused = True
        if self._queue and (upstream := self._queue[0].upstream) is not None:
            upstream.pause(is_paused=True)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._writes_paused = False
        if self._queue and (upstream := self._queue[0].upstream) is not None:
            upstream.pause(is_paused=False)
        self.advance(self.desk.clock.monotonic())

    def shutdown(self) -> None:
        """uvicorn stops: answer what was asked, then close."""
        self.is_draining = True
        if not self._queue and not self._is_ended:
            self._transport.close()

    def expire(self) -> None:
        """The deadline passed."""
        now = self.desk.clock.monotonic()
        self.deadline = now + FLUSH_S
        if self._is_ended or self._writes_paused:
            self._transport.abort()
        elif self._queue:
            self._queue[0].expire()
        elif self._is_in_head:
            self._refuse(408)
            self.advance(now)
        else:
            self._transport.close()

    # The exchanges' side.

    def send(self, data: bytes) -> None:
        """Bytes of the answer."""
        self._transport.write(data)

    def hold(self, *, is_full: bool) -> None:
        """Stop or go on reading the request's body."""
        self._is_full = is_full
        self._regulate()

    def end(self, *, linger: bool) -> None:
        """This was the last answer. Closing at once could take it from a client still sending."""
        linger = linger or self._is_deaf or len(self._queue) > 1
        self._is_ended = self._is_deaf = True
        waits = FLUSH_S if self._transport.get_write_buffer_size() else LINGER_S
        self.deadline = self.desk.clock.monotonic() + waits
        if linger and self._transport.can_write_eof():
            self._transport.write_eof()
            self.hold(is_full=False)
        else:
            self._transport.close()

    def advance(self, now: float) -> None:
        """Start the exchange whose turn it is, in the order of the requests."""
        self._now = now
        if self._is_advancing or self._is_ended:
            return
        self._is_advancing = True
        queue = self._queue
        while queue and not self._is_ended:
            exchange = queue[0]
            if not exchange.is_started:
                if self._writes_paused:
                    break
                exchange.start(self._now)
            if not exchange.is_over:
                break
            queue.popleft()
            self._server.total_requests += 1
        self._is_advancing = False
        if self._is_ended:
            return
        if not queue:
            self._rest()
        if self._is_held or self._is_full or len(queue) > 1:
            self._regulate()

    def _rest(self) -> None:
        if self._is_in_head:
            self.deadline = self._now + HEAD_WITHIN_S
        elif self.is_draining:
            self._transport.close()
        else:
            self.deadline = self._now + IDLE_FOR_S

    def _regulate(self) -> None:
        is_held = not self._is_ended and (self._is_full or len(self._queue) > 1)
        if is_held != self._is_held and not self._transport.is_closing():
            self._is_held = is_held
            (self._transport.pause_reading if is_held else self._transport.resume_reading)()

    # Reading.

    def _recognised(self, head: Head, body: bytes) -> None:
        """A whole request whose headers were parsed before."""
        incoming = self._begin(head)
        if body:
            incoming.feed(body)
        incoming.complete()
        if len(self._queue) == 1 and not self._writes_paused:
            incoming.start(self._now)
        else:
            self.advance(self._now)

    def _begin(self, head: Head) -> Exchange:
        incoming = self._incoming = Exchange(self, head, self._caller(head), self._now)
        self._queue.append(incoming)
        return incoming

    def _caller(self, head: Head) -> bytes:
        forwarded = head.special.get(b"x-forwarded-for")
        if forwarded is None:
            return self._peer
        return self.desk.peers.caller(self._peer, forwarded)

    def _read(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgraded(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, _Enough):
                self._is_deaf = True
            else:
                self._unreadable(error)

    def _unreadable(self, error: httptools.HttpParserError) -> None:
        if isinstance(error, httptools.HttpParserCallbackError):
            log.error("request.unreadable", exc=error.__context__ or error)
        incoming = self._incoming
        self._is_deaf = True
        if incoming is not None and not incoming.is_complete:
            incoming.corrupt()
        elif self._is_in_head or not self._queue:
            self._refuse(400)
        else:
            self.is_draining = True

    def _refuse(self, status: int) -> None:
        """Queue an answer to what could not be read as a request."""
        self._is_deaf = True
        self._is_in_head = False
        head = Head(
            b"GET", b"/", b"", [], {}, 0, is_keep_alive=False, is_http10=False, fault=status
        )
        exchange = Exchange(self, head, self._peer, self._now)
        exchange.is_complete = True
        self._queue.append(exchange)

    def _upgraded(self, rest: bytes) -> None:
        head, self._socket = self._socket, None
        if head is not None:
            self._leave()
            self._is_ended = True
            line = b"%b %b%b" % (head.method, head.path, head.query)
            caller = self._caller(head)
            self.desk.adopt(self._transport, line, self._lines.pairs(), rest, caller)
            del self._parser  # as when a connection is lost, which this object is not told any more
            return
        # The parser took another upgrade for the end of HTTP. It is ignored, so a parser that
        # knows nothing of it reads the body and all that follows.
        framing = b"content-length: %d" % (self._reread or 0)
        if self._reread == CHUNKED:
            framing = b"transfer-encoding: chunked"
        self._parser = httptools.HttpRequestParser(self)
        self._read(b"POST / HTTP/1.1\r\nhost: x\r\n%b\r\n\r\n" % framing)
        if rest:
            self._read(rest)

    def _leave(self) -> None:
        self.desk.connections.discard(self)
        self._server.connections.discard(self)

    # httptools' callbacks.

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self._reread is not None:
            return
        self._url = b""
        self._lines = Lines()
        self._is_in_head = True
        self._is_between = False
        if not self._queue:
            self.deadline = self._now + HEAD_WITHIN_S

    def on_url(self, url: bytes) -> None:
        """The target, or a part of it."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; trailers are ignored."""
        if self._is_in_head:
            self._lines.add(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._reread is not None:
            self._reread = None
            return
        parser = self._parser
        version = parser.get_http_version()
        head = read(parser.get_method(), self._url, self._lines, version)
        self._is_in_head = False
        self._raw = 0
        if self._is_big and len(self._url) + self._lines.size() > HEAD_BYTES:
            head.fault = 431
        elif len(self._queue) >= _PIPELINED:
            head.fault = 400
        if parser.should_upgrade() and not head.fault and self._is_socket(head):
            self._socket = head
            return
        self._begin(head)
        if head.fault:
            raise _Enough
        if self._fresh:
            self.desk.familiar.learn(self._fresh, head)
            self._fresh = b""
        if parser.should_upgrade():
            self._reread = head.length

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._incoming is not None:
            self._incoming.feed(data)
            self.deadline = max(self.deadline, self._now + FLUSH_S)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._reread is not None:
            return
        self._messages += 1
        self._is_between = True
        if self._incoming is not None:
            self._incoming.complete()

    def _is_socket(self, head: Head) -> bool:
        if not head.wants_websocket():
            return False
        is_known = head.path in _SOCKETS or head.path.startswith(PREFIX)
        if self._queue or not is_known:
            head.fault = 400 if self._queue else 404
            return False
        return True
