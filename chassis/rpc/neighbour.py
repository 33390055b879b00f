"""The asking end of one link: connecting for ever, questions under way, who hears when it comes and
goes. Retries and breakers are in client.py.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from chassis.backoff import delays
from chassis.clock import Clock
from chassis.logs import logger
from chassis.names import Named
from chassis.rpc.breaker import Breaker
from chassis.rpc.failures import Away, Late, Lost
from chassis.rpc.frames import (
    Answered,
    Failed,
    Frame,
    Opened,
    Origin,
    Refused,
    call_line,
    cast_line,
)
from chassis.rpc.pipe import Pipe
from chassis.rpc.protocol import Caller, Pair
from chassis.tasks import Tasks
from contracts.wire import JSON

log = logger("rpc")

IN_FLIGHT_MOST = 256
PATIENCE_S = 0.5
"""For so long after a link went down, callers wait for it to come back."""
CONNECT_WITHIN_S = 3.0
CLOSE_WITHIN_S = 1.0
RETRY_MOST_S = 2.0
SETTLED_AFTER_S = 1.0
"""A link that lived for less is reconnected ever more slowly."""

Answer = Answered | Failed


@dataclass(frozen=True, slots=True)
class Side:
    """What the asking ends of one process have in common."""

    instance: str
    clock: Clock
    tasks: Tasks
    stir: Callable[[], None]
    """Somebody waits: deadlines must be watched."""


class Neighbour:
    """One neighbour at one address."""

    def __init__(self, pair: Pair, address: tuple[str, int], side: Side) -> None:
        self.service = pair.callee
        self.is_up = False
        self._pair = pair
        self._place = Named(*address, side.tasks)
        self._side = side
        self._clock = side.clock
        self._pipe: Pipe | None = None
        self._over = asyncio.Event()
        self._up_at = self._down_at = self._clock.monotonic()
        self._numbers = count(1)
        self._asked: dict[int, tuple[asyncio.Future[Answer], float]] = {}
        self._waiting: dict[asyncio.Future[None], float] = {}
        self._is_given_up = False
        self._breakers: dict[str, Breaker] = {}
        self._watchers: list[tuple[Callable[[], None], Callable[[], None]]] = []

    async def keep(self) -> None:
        """Keep a link to it, for ever."""
        self._down_at = self._clock.monotonic()
        waits = delays(random.random, most=RETRY_MOST_S)
        while True:
            await self.live()
            if self._down_at - self._up_at > SETTLED_AFTER_S:
                waits = delays(random.random, most=RETRY_MOST_S)
            await self._clock.sleep(next(waits))

    async def live(self) -> None:
        """Connect once and wait until that link has ended."""
        self._over.clear()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await self._place.connect(self._begin)
        except (OSError, TimeoutError) as error:
            log.debug("link.not_connected", neighbour=self.service, error=str(error))
        else:
            await self._over.wait()

    async def until_up(self, due: float) -> None:
        """Wait for a link that is only just away."""
        until = min(due, self._down_at + PATIENCE_S)
        if self._is_given_up or self._clock.monotonic() >= until:
            raise self._away()
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = until
        self._side.stir()
        try:
            await waiter
        finally:
            self._waiting.pop(waiter, None)

    async def ask(self, name: str, body: JSON, *, due: float, origin: Origin) -> Answer:
        """Ask over the link as it is now, and wait until `due`."""
        pipe = self._pipe
        if pipe is None or not self.is_up:
            raise self._away()
        if len(self._asked) >= IN_FLIGHT_MOST or pipe.is_full:
            raise Away(message=f"too much is asked of {self.service} at once")
        number = next(self._numbers)
        left = int((due - self._clock.monotonic()) * 1000)
        pipe.send(call_line(number, name, body, due_ms=left, origin=origin))
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[number] = (answer, due)
        self._side.stir()
        try:
            return await answer
        finally:
            self._asked.pop(number, None)

    def tell(self, name: str, body: JSON, trace: str) -> bool:
        """Cast over the link as it is now; False when that can not be."""
        pipe = self._pipe
        if pipe is None or not self.is_up or pipe.is_full:
            return False
        pipe.send(cast_line(name, body, trace=trace))
        return True

    def watch(self, up: Callable[[], None], down: Callable[[], None]) -> None:
        """Hear when the link comes and goes; if it is there already, at once."""
        self._watchers.append((up, down))
        if self.is_up:
            self._call(up)

    def expire(self) -> bool:
        """Give up what is overdue. Whether anything is still waited for."""
        now = self._clock.monotonic()
        for answer, due in tuple(self._asked.values()):
            if now >= due and not answer.done():
                answer.set_exception(Late(message=f"{self.service} did not answer in time"))
        for waiter, until in tuple(self._waiting.items()):
            if now >= until and not waiter.done():
                waiter.set_exception(self._away())
        return bool(self._asked or self._waiting)

    def tick(self) -> None:
        """Let time pass on the link."""
        if self._pipe is not None:
            self._pipe.tick()

    async def close(self) -> None:
        """End the link and everything that waits for it."""
        self.give_up()
        pipe = self._pipe
        if pipe is not None and pipe.is_connected:
            pipe.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await self._over.wait()
            pipe.abort()

    def give_up(self) -> None:
        """Nobody connects any more: who waits for it waits in vain."""
        self._is_given_up = True
        for waiter in tuple(self._waiting):
            if not waiter.done():
                waiter.set_exception(self._away())

    def leave(self) -> None:
        """End the link as it is now."""
        if self._pipe is not None:
            self._pipe.close()

    def breaker(self, name: str) -> Breaker:
        """The breaker of one call to it."""
        breaker = self._breakers.get(name)
        if breaker is None:
            breaker = self._breakers[name] = Breaker()
        return breaker

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._asked and not self._waiting

    def _begin(self) -> Pipe:
        now = self._clock.monotonic()
        nonce = secrets.token_hex(32)
        caller = Caller(self._pair, self._side.instance, nonce=nonce, now=now)
        self._pipe = Pipe(caller, self._clock, heard=self._heard, lost=self._lost)
        return self._pipe

    def _heard(self, frame: Frame) -> None:
        match frame:
            case Answered() | Failed():
                asked = self._asked.get(frame.id)
                if asked is not None and not asked[0].done():
                    asked[0].set_result(frame)
            case Opened():
                self._went_up()
            case Refused():
                log.warning("link.refused", neighbour=self.service, why=frame.why.name)
            case _:
                raise AssertionError("the protocol lets no other frame through")

    def _went_up(self) -> None:
        self.is_up = True
        self._up_at = self._clock.monotonic()
        log.info("link.up", neighbour=self.service)
        # Watchers come first: their snapshot must be the first thing said on the link.
        for up, _ in tuple(self._watchers):
            self._call(up)
        for waiter in tuple(self._waiting):
            if not waiter.done():
                waiter.set_result(None)

    def _lost(self) -> None:
        self._pipe = None
        self._over.set()
        for answer, _ in self._asked.values():
            if not answer.done():
                answer.set_exception(Lost(message=f"the link to {self.service} broke"))
        if self.is_up:
            self.is_up = False
            self._down_at = self._clock.monotonic()
            if not self._is_given_up:
                log.warning("link.down", neighbour=self.service)
            for _, down in tuple(self._watchers):
                self._call(down)

    def _call(self, watcher: Callable[[], None]) -> None:
        try:
            watcher()
        except Exception as error:  # a watcher's bug must not break the link
            log.error("link.watcher_failed", neighbour=self.service, exc=error)

    def _away(self) -> Away:
        return Away(message=f"{self.service} is not reachable")
