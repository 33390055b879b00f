"""The answering end of one link: who is there, what may be asked, what is under way. Listening is
in server.py.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import ValidationError

from chassis.clock import Clock
from chassis.errors import as_domain_error
from chassis.logs import logger, request_id, user_id
from chassis.rpc import budget
from chassis.rpc.failures import Busy, describe
from chassis.rpc.frames import (
    Asked,
    Frame,
    Opened,
    Refused,
    Told,
    answer_line,
    failure_line,
)
from chassis.rpc.meters import AnswerMeter
from chassis.rpc.pipe import Pipe
from chassis.rpc.protocol import Callee
from chassis.tasks import Tasks
from contracts.errors import DomainError, ErrorCode, Forbidden, Unanswered, Unavailable
from contracts.rpc.base import Call, Cast
from contracts.wire import JSON, Wire

log = logger("rpc")

IN_FLIGHT_MOST = 256
DUE_MOST_S = 60.0


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers a call."""

    call: type[Call[Any]]
    answer: Callable[[Any], Awaitable[Wire]]


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who hears a cast."""

    cast: type[Cast]
    hear: Callable[[Any, Link], None]


@dataclass(slots=True)
class House:
    """What all links of one server share."""

    service: str
    keys: Mapping[str, bytes]
    clock: Clock
    tasks: Tasks
    meter: AnswerMeter
    answering: dict[str, Answering] = field(default_factory=dict)
    hearing: dict[str, Hearing] = field(default_factory=dict)
    on_gone: list[Callable[[Link], None]] = field(default_factory=list)
    links: set[Link] = field(default_factory=set)
    is_leaving: bool = False
    """Nothing new is begun."""


class Link:
    """One caller's connection. `peer` and `instance` are proven and claimed once it is open."""

    def __init__(self, house: House) -> None:
        self.peer = ""
        """The service that calls: proven."""
        self.instance = ""
        """The process that calls, as it says itself."""
        self._house = house
        self._running: dict[int, tuple[asyncio.Task[None], float]] = {}
        self._over = asyncio.Event()
        callee = Callee(
            house.service, house.keys, nonce=secrets.token_hex(32), now=house.clock.monotonic()
        )
        self.pipe = Pipe(callee, house.clock, heard=self._heard, lost=self._lost, throttles=True)
        house.links.add(self)

    def tick(self) -> None:
        """Let time pass: what nobody waits for any more is not finished either."""
        if self.pipe.is_connected:
            self.pipe.tick()
        now = self._house.clock.monotonic()
        for task, due in tuple(self._running.values()):
            if now >= due:
                task.cancel()

    async def leave(self, within: float) -> None:
        """Finish what is under way, then close."""
        running = [task for task, _ in self._running.values()]
        if running:
            await asyncio.wait(running, timeout=within)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self.pipe.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._over.wait()
        self.pipe.abort()

    def _heard(self, frame: Frame) -> None:
        match frame:
            case Asked():
                self._asked(frame)
            case Told():
                self._told(frame)
            case Opened():
                self.peer, self.instance = frame.service, frame.instance
                self._house.meter.linked(self.peer, 1)
                log.info("link.opened", peer=self.peer, peer_instance=self.instance)
            case Refused():
                log.warning("link.refused", peer=self.peer, why=frame.why.name)
            case _:
                raise AssertionError("the protocol lets no other frame through")

    def _lost(self) -> None:
        self._over.set()
        self._forget()
        if self.peer:
            self._house.meter.linked(self.peer, -1)
            log.info("link.gone", peer=self.peer, peer_instance=self.instance)
            for gone in self._house.on_gone:
                try:
                    gone(self)
                except Exception as error:  # one listener's bug must not rob the others
                    log.error("link.listener_failed", peer=self.peer, exc=error)

    def _forget(self) -> None:
        # A link that is gone is still watched until its last handler has ended.
        if self._over.is_set() and not self._running:
            self._house.links.discard(self)

    def _asked(self, frame: Asked) -> None:
        answering = self._house.answering.get(frame.call)
        refusal = self._refusal(answering)
        if answering is None or refusal is not None:
            log.debug("call.refused", call=frame.call, peer=self.peer, why=str(refusal))
            self.pipe.send(failure_line(frame.id, describe(refusal or Unavailable())))
        elif frame.due_ms <= 0:
            self._house.meter.served(frame.call, "overdue")
        elif frame.id in self._running:
            log.error("link.number_reused", peer=self.peer)
            self.pipe.abort()
        else:
            due = self._house.clock.monotonic() + min(frame.due_ms / 1000, DUE_MOST_S)
            work = self._serve(frame, answering, due)
            task = self._house.tasks.spawn(f"call:{frame.call}", work)
            self._running[frame.id] = (task, due)
            task.add_done_callback(partial(self._settled, frame.id))

    def _refusal(self, answering: Answering | None) -> DomainError | None:
        if answering is None:
            return Unanswered(message="this call is not known here")
        if self.peer not in answering.call.callers:
            return Forbidden(ErrorCode.MISSING_ACCESS)
        if self._house.is_leaving or len(self._running) >= IN_FLIGHT_MOST:
            return Busy(message="too much is under way")
        return None

    def _settled(self, number: int, task: asyncio.Task[None]) -> None:
        del self._running[number]
        self._forget()
        if task.cancelled():
            self._house.meter.served(task.get_name().removeprefix("call:"), "overdue")

    async def _serve(self, frame: Asked, answering: Answering, due: float) -> None:
        if self._house.clock.monotonic() >= due:
            self._house.meter.served(frame.call, "overdue")
            return
        request_id.set(frame.trace)
        user_id.set(int(frame.by) if frame.by.isdecimal() and len(frame.by) < 20 else 0)
        budget.begin(due)
        try:
            line = answer_line(frame.id, await self._answer(frame, answering))
            outcome = "answered"
        except (
            Exception
        ) as error:  # the asker gets an answer whatever happens; bugs are logged there
            told = as_domain_error(error)
            line = failure_line(frame.id, describe(told))
            outcome = told.error.name.lower()
        self._house.meter.served(frame.call, outcome)
        self.pipe.send(line)

    async def _answer(self, frame: Asked, answering: Answering) -> JSON:
        try:
            call = answering.call.model_validate(frame.body)
        except ValidationError as error:
            log.error("call.unreadable", call=frame.call, peer=self.peer, error=str(error))
            raise DomainError(ErrorCode.INTERNAL) from None
        reply = await answering.answer(call)
        return reply.dump()

    def _told(self, frame: Told) -> None:
        hearing = self._house.hearing.get(frame.cast)
        if hearing is None or self.peer not in hearing.cast.callers:
            log.warning("cast.refused", cast=frame.cast, peer=self.peer)
            return
        request_id.set(frame.trace)
        try:
            hearing.hear(hearing.cast.model_validate(frame.body), self)
        except ValidationError as error:
            log.error("cast.unreadable", cast=frame.cast, peer=self.peer, error=str(error))
        except Exception as error:  # nobody waits for an answer: logging is all that can be done
            log.error("cast.crashed", cast=frame.cast, peer=self.peer, exc=error)
