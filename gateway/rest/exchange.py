"""One request and its answer: who asks, whether it may pass, and the bytes both ways.

Runs synchronously from head to service when the token is known and a connection is idle. Parsing of
requests and the order of answers are the client connection's business.
"""

from __future__ import annotations

import asyncio

from contracts.errors import Unavailable
from contracts.identity import NOBODY, Identity
from contracts.lane import QUESTION_BYTES, Answer, Question
from gateway.rest.asgi import serve
from gateway.rest.authenticate import Outcome
from gateway.rest.client import Client
from gateway.rest.heads import (
    CHUNKED,
    CONTINUE,
    CORS,
    UNTIL_CLOSE,
    Head,
    Response,
    answer,
    dechunked,
    for_service,
    preflight,
)
from gateway.rest.ratelimit import VAIN, Admission
from gateway.rest.refusals import BODIES, JSON_LINE
from gateway.rest.routes import Match
from gateway.rest.rows import GATEWAY
from gateway.rest.upstream import Way

ANSWER_WITHIN_S = 30.0
_BUFFER_BYTES = 64 << 10
_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"PUT", b"DELETE"))


class Exchange:
    """A request on its way. `is_over` when both request and answer are whole."""

    __slots__ = (
        "_admitted",
        "_began",
        "_client",
        "_desk",
        "_has_retried",
        "_head",
        "_identity",
        "_is_due_here",
        "_is_last",
        "_is_responded",
        "_match",
        "_pending",
        "_request_id",
        "_size",
        "_status",
        "address",
        "is_brief",
        "is_complete",
        "is_gone",
        "is_head",
        "is_started",
        "upstream",
    )

    def __init__(self, client: Client, head: Head, address: bytes, now: float) -> None:
        self._client = client
        self._desk = client.desk
        self._head = head
        self._began = now
        self._match: Match | None = None
        self._identity = NOBODY
        self._admitted = b""
        self._request_id = head.request_id() or client.desk.request_id()
        self._pending: list[bytes] = []
        self._size = 0
        self._status = 0
        self._is_due_here = False
        self._is_last = False
        self._is_responded = False
        self._has_retried = False
        self.address = address
        self.is_head = head.method == b"HEAD"
        self.is_brief = False
        self.is_started = False
        self.is_complete = False
        self.is_gone = False
        self.upstream: Way | None = None

    @property
    def is_over(self) -> bool:
        """Whether the next exchange may begin."""
        return self.is_gone and self.is_complete

    # The way in: what stands at the door decides, in this order.

    def start(self, now: float) -> None:
        """It is this request's turn."""
        self.is_started = True
        head, desk = self._head, self._desk
        self._client.deadline = now + ANSWER_WITHIN_S
        if head.fault:
            self._is_last = True
            self.refuse(head.fault)
        elif head.method == b"OPTIONS":
            self._answer(204, b"", preflight(head.path))
        elif (vain := desk.limiter.shut_out(self.address, self._began)) is not None:
            self._refuse_rate(vain)
        elif (match := desk.routes.match(head.path)) is None:
            self.refuse(404)
        elif match.route.refuses(head.length, head):
            self.refuse(413)
        else:
            self._match = match
            self._authenticate(match.credential or head.special.get(b"authorization"))

    def _authenticate(self, credential: bytes | None) -> None:
        if credential is None:
            self._identified(NOBODY)
            return
        identity = self._desk.authenticator.peek(credential)
        if identity is not None:
            self._identified(identity)
        else:
            self._desk.authenticator.ask(credential).add_done_callback(self._asked)

    def _asked(self, answered: asyncio.Future[Outcome]) -> None:
        if self.is_gone:
            return
        outcome = answered.result()
        if isinstance(outcome, Unavailable):
            self.upstream_absent()
        else:
            self._identified(outcome)

    def _identified(self, identity: Identity) -> None:
        match, method = self._match, self._head.method
        assert match is not None
        if identity is NOBODY and method not in match.route.anonymous:
            self.refuse(401)
            return
        self._identity = identity
        caller = self.address if identity is NOBODY else identity.user_id
        self._desk.limiter.ask(
            caller, match.route.bucket(method), match.major, self._began, then=self._counted
        )

    def _counted(self, admission: Admission) -> None:
        if self.is_gone:
            return
        if admission.refusal is not None:
            self._refuse_rate(admission)
            return
        self._admitted = admission.headers
        assert self._match is not None
        self._pass_on(self._match)

    def _pass_on(self, match: Match) -> None:
        if b"expect" in self._head.special and not self.is_complete:
            self._client.send(CONTINUE)
        service = match.route.service(self._head.method)
        if service == GATEWAY:
            self._is_due_here = True
            if self.is_complete:
                self._desk.tasks.spawn("edge.app", self._serve_here(match))
            return
        self.is_brief = self._head.method in match.route.brief and self._is_small(match)
        pool = self._desk.upstreams.pool(service)
        if pool is None:
            self.upstream_absent()
        else:
            pool.submit(self)

    def _is_small(self, match: Match) -> bool:
        """Whether the request is all here: one JSON object and nothing else worth telling."""
        if (
            not self.is_complete
            or self._size > QUESTION_BYTES
            or self._head.query
            or b"%" in match.path
        ):
            return False
        return bool(self._pending) and self._pending[0].startswith(b"{")

    async def _serve_here(self, match: Match) -> None:
        try:
            body = b"".join(self._pending)
            served = await serve(self._desk.app, self._head, match.path, body, self)
            if not self.is_gone:
                self._answer(served.status, served.body, served.lines)
        finally:
            if not self.is_gone:
                self._stop(500)

    # The request's body, as it comes in.

    def feed(self, data: bytes) -> None:
        """A piece of the body."""
        if self.is_gone:
            return
        self._size += len(data)
        if self._match is not None and self._match.route.refuses(self._size, self._head):
            self._stop(413)
        elif self.upstream is not None:
            self.upstream.write(self._framed(data))
            if self._is_kept():
                self._pending.append(data)
            else:
                self._pending.clear()
        else:
            self._pending.append(data)
            if self._size > _BUFFER_BYTES:
                self._client.hold(is_full=True)

    def complete(self) -> None:
        """The body is whole."""
        self.is_complete = True
        if self.is_gone:
            self._client.advance(self._desk.clock.monotonic())
        elif self.upstream is not None:
            if self._head.length == CHUNKED:
                self.upstream.write(b"0\r\n\r\n")
        elif self._is_due_here and self._match is not None:
            self._desk.tasks.spawn("edge.app", self._serve_here(self._match))

    def corrupt(self) -> None:
        """The body can not be read any further."""
        if not self.is_gone:
            self._stop(400)

    def _framed(self, data: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(data), data) if self._head.length == CHUNKED else data

    def _is_kept(self) -> bool:
        """Whether the body is remembered, should the request have to be sent again."""
        return self._size <= _BUFFER_BYTES and self._head.method in _IDEMPOTENT

    # The service's side.

    def wire(self) -> bytes:
        """Everything of the request that is known so far."""
        match, head = self._match, self._head
        assert match is not None
        own = b"x-identity: %b\r\nx-request-id: %b\r\nx-forwarded-for: %b\r\n" % (
            self._desk.stamps.header(self._identity, match.route.service(head.method)),
            self._request_id,
            self.address,
        )
        wire = for_service(head, match.path, own)
        if self._pending:
            wire += b"".join(map(self._framed, self._pending))
            if not self._is_kept():
                self._pending.clear()
        if head.length == CHUNKED and self.is_complete:
            wire += b"0\r\n\r\n"
        return wire

    def question(self, turn: bytes) -> Question:
        """The same for a lane, where only this much of it is needed."""
        match = self._match
        assert match is not None
        body = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        service = match.route.service(self._head.method)
        identity = self._desk.stamps.header(self._identity, service)
        return Question(turn, self._head.method, match.path, identity, self._request_id, body)

    def answered(self, answer: Answer) -> None:
        """The whole answer, by a lane."""
        self.upstream = None
        self._answer(answer.status, answer.body, JSON_LINE + answer.lines)

    def attached(self, upstream: Way) -> None:
        """The request is on its way."""
        self.upstream = upstream
        if self._size > _BUFFER_BYTES:
            self._client.hold(is_full=False)

    def respond(self, response: Response, body: bytes) -> None:
        """The service's answer began."""
        self._is_responded = True
        self._status = response.status
        lines = response.lines
        if response.length == UNTIL_CLOSE:
            self._is_last = True
        elif response.length == CHUNKED and self._head.is_http10:
            lines = dechunked(lines)
        self._client.send(b"%b%b\r\n%b" % (lines, self._own_lines(), body))

    def more(self, data: bytes, plain: bytes) -> None:
        """More of its body."""
        self._client.send(plain if self._head.is_http10 else data)
        self._client.deadline = self._desk.clock.monotonic() + ANSWER_WITHIN_S

    def finish(self) -> None:
        """The answer is whole."""
        self.upstream = None
        self._over()

    def upstream_lost(self) -> None:
        """The service broke off."""
        self.upstream = None
        if self.is_gone:
            return
        if self._is_responded:
            self._status = 502
            self._is_last = True
            self._over()
        elif self._may_retry():
            self._has_retried = True
            assert self._match is not None
            pool = self._desk.upstreams.pool(self._match.route.service(self._head.method))
            assert pool is not None
            pool.submit(self, fresh=True)
        else:
            self.refuse(502)

    def upstream_absent(self) -> None:
        """Nobody is there to answer."""
        if not self.is_gone:
            self._answer(503, BODIES[503], JSON_LINE + b"Retry-After: 1\r\n")

    def hold_body(self, *, is_full: bool) -> None:
        """The service is slow to take the body."""
        self._client.hold(is_full=is_full)

    def _may_retry(self) -> bool:
        if self._has_retried:
            return False
        return self._is_kept() or (self._size == 0 and not self.is_complete)

    # The way out.

    def refuse(self, status: int) -> None:
        """Answer with an error of the edge."""
        self._answer(status, BODIES[status], JSON_LINE)

    def expire(self) -> None:
        """Somebody took too long."""
        self._stop(504 if self.is_complete else 408)

    def abandon(self) -> None:
        """The client is gone."""
        self.is_gone = True
        if self.upstream is not None:
            self.upstream.leave()
            self.upstream = None

    def _stop(self, status: int) -> None:
        """Give the request up; if an answer began, it can only be cut off."""
        if self.upstream is not None:
            self.upstream.drop()
            self.upstream = None
        self._is_last = True
        if self._is_responded:
            self._status = status
            self._over()
        else:
            self.refuse(status)

    def _refuse_rate(self, admission: Admission) -> None:
        self._admitted = admission.headers
        self._answer(429, admission.refusal or b"", JSON_LINE)

    def _answer(self, status: int, body: bytes, lines: bytes) -> None:
        self._status = status
        self._client.send(answer(status, body, lines + self._own_lines(), is_head=self.is_head))
        self._over()

    def _own_lines(self) -> bytes:
        """What the edge adds to every answer; decides whether the connection lives on."""
        unread = 0 if self.is_complete else self._head.length - self._size
        self._is_last = (
            self._is_last
            or not self._head.is_keep_alive
            or self._client.is_draining
            or self._desk.is_draining
            or (not self.is_complete and self._head.length == CHUNKED)
            or unread > _BUFFER_BYTES
        )
        return b"%bX-Request-Id: %b\r\n%b%b" % (
            CORS,
            self._request_id,
            self._admitted,
            b"Connection: close\r\n" if self._is_last else b"",
        )

    def _over(self) -> None:
        self.is_gone = True
        self._pending.clear()
        desk, route = self._desk, self._match.route.pattern if self._match else "-"
        now = desk.clock.monotonic()
        desk.tally.record(route, self._status, now - self._began, self._request_id)
        if self._status in VAIN:
            desk.limiter.in_vain(self.address, self._status, now)
        if self._is_last:
            self._client.end(linger=not self.is_complete)
        else:
            self._client.advance(now)
