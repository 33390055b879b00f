"""The edge's end of a lane: brief requests of many clients, joined on one connection to a service.

What is too large, or not whole yet, takes a connection of its own: pools.py decides.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from chassis.logs import logger
from contracts import lane
from gateway.rest.upstream import Carried

log = logger("upstream")

MOST_ON_WAY = 1_024


class Owner(Protocol):
    """The pool that a lane belongs to."""

    service: str

    def lane_ended(self, ended: Lane) -> None:
        """It takes nothing more."""


class Lane(asyncio.Protocol):
    """One lane. It takes exchanges while it `is_open`."""

    def __init__(self, pool: Owner) -> None:
        self._pool = pool
        self._transport: asyncio.Transport
        self._rest = b""
        self._unsent: list[bytes] = []
        self._on_way: dict[bytes, Carried] = {}
        self._turns = 0
        self._is_accepted = False
        self._is_retired = False
        self._is_slow = False
        self.is_gone = False

    @property
    def is_open(self) -> bool:
        """Whether it takes one more."""
        is_taking = self._is_accepted and not self._is_retired and not self._is_slow
        return is_taking and len(self._on_way) < MOST_ON_WAY

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a lane."""
        # uvloop's transports are no asyncio.Transport by class, only by what they can.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(lane.OPENING)

    def carry(self, exchange: Carried) -> None:
        """Send a request together with what else this turn of the loop brings."""
        self._turns += 1
        turn = b"%d" % self._turns
        self._on_way[turn] = exchange
        exchange.attached(self)
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(lane.ask(exchange.question(turn)))

    def write(self, data: bytes) -> None:
        """More of a request; a brief one is whole, so that there is none."""
        raise RuntimeError(f"{len(data)} bytes behind a whole request")

    def pause(self, *, is_paused: bool) -> None:
        """One client is slow to read: its answer is small, and others wait behind it."""

    def leave(self) -> None:
        """A client left: its answer will be passed over."""

    def drop(self) -> None:
        """An answer is overdue. Perhaps nobody is there: ask nothing more here."""
        self._retire()

    def close(self) -> None:
        """At the end."""
        self._transport.abort()

    def sweep(self) -> None:
        """Hang up if nobody waits any more for what never came."""
        if self._is_retired and all(exchange.is_gone for exchange in self._on_way.values()):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Answers."""
        if self._rest:
            data = self._rest + data
        if not self._is_accepted:
            if not lane.ACCEPTED.startswith(data[: len(lane.ACCEPTED)]):
                self._broken("no lane")
                return
            if len(data) < len(lane.ACCEPTED):
                self._rest = data
                return
            self._is_accepted = True
            data = data[len(lane.ACCEPTED) :]
        try:
            answers, self._rest = lane.answers(data)
            for answer in answers:
                self._answered(answer)
        except (ValueError, KeyError):
            self._broken("no answer")
            return
        if self._is_retired and not self._on_way:
            self._transport.close()

    def pause_writing(self) -> None:
        """The service is slow to read."""
        self._is_slow = True

    def resume_writing(self) -> None:
        """The service reads again."""
        self._is_slow = False

    def connection_lost(self, exc: Exception | None) -> None:
        """The service or the network ended it."""
        del exc
        self._retire()
        self.is_gone = True
        lost, self._on_way = self._on_way, {}
        for exchange in lost.values():
            if not exchange.is_gone:
                exchange.upstream_lost()

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        self._transport.write(b"".join(unsent))

    def _answered(self, answer: lane.Answer) -> None:
        if answer.turn == lane.NO_TURN:
            self._retire()
            return
        exchange = self._on_way.pop(answer.turn)
        if not exchange.is_gone:
            exchange.answered(answer)

    def _retire(self) -> None:
        if not self._is_retired:
            self._is_retired = True
            self._pool.lane_ended(self)

    def _broken(self, why: str) -> None:
        log.warning("upstream.broken", service=self._pool.service, why=why)
        self._transport.abort()
