"""A request that a session makes by another protocol: it goes through the same door as every other,
past the same limits, to the same service.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httptools

from gateway.rest.desk import Desk
from gateway.rest.exchange import Exchange
from gateway.rest.heads import Lines, read

_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    status: int
    body: bytes

    @property
    def is_done(self) -> bool:
        """Whether it was done as asked."""
        return 200 <= self.status < 300


class Errand:
    """One request and its whole answer. To the exchange, a client that can always be written to."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.deadline = 0.0
        self.is_draining = False
        self._answer = _Answer()
        self._parser = httptools.HttpResponseParser(self._answer)

    def send(self, data: bytes) -> None:
        """Bytes of the answer."""
        self._parser.feed_data(data)

    def advance(self, now: float) -> None:
        """The answer is seen by itself."""

    def hold(self, *, is_full: bool) -> None:
        """The body is all there."""

    def end(self, *, linger: bool) -> None:
        """There is no connection to end."""

    async def run(
        self, method: bytes, path: bytes, token: str, body: bytes, *, address: bytes
    ) -> Outcome:
        """Make it."""
        lines, now = Lines(), self.desk.clock.monotonic()
        lines.add(b"authorization", token.encode())
        lines.add(b"host", b"moim")
        if body:
            lines.add(b"content-type", b"application/json")
        lines.add(b"content-length", b"%d" % len(body))
        exchange = Exchange(self, read(method, path, lines, "1.1"), address, now)
        if body:
            exchange.feed(body)
        exchange.complete()
        exchange.start(now)
        try:
            while not self._answer.is_whole.is_set():
                wait = max(self.deadline - self.desk.clock.monotonic(), 0.0)
                try:
                    await asyncio.wait_for(self._answer.is_whole.wait(), wait + _AGAIN_S)
                except TimeoutError:
                    exchange.expire()
        finally:
            if not exchange.is_gone:
                exchange.abandon()
        return Outcome(self._parser.get_status_code(), b"".join(self._answer.parts))


class _Answer:
    """Collects what httptools finds."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.is_whole = asyncio.Event()

    def on_body(self, data: bytes) -> None:
        """A piece."""
        self.parts.append(data)

    def on_message_complete(self) -> None:
        """All of it."""
        self.is_whole.set()
