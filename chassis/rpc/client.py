"""Asking neighbours: deadlines, careful retries, breakers. The link to one is in neighbour.py."""

from __future__ import annotations

import asyncio
import random
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from pydantic import ValidationError

from chassis.backoff import delays
from chassis.clock import Clock
from chassis.logs import logger, request_id, user_id
from chassis.metrics import Metrics
from chassis.rpc.breaker import RetryBudget
from chassis.rpc.budget import due_within
from chassis.rpc.failures import Away, Busy, Lost, restore
from chassis.rpc.frames import Answered, Origin
from chassis.rpc.meters import AskMeter
from chassis.rpc.neighbour import Neighbour, Side
from chassis.rpc.protocol import Pair
from chassis.rpc.visits import Address, Visits
from chassis.tasks import Tasks
from contracts.errors import DomainError, Unanswered, Unavailable
from contracts.rpc.base import Call, Cast
from contracts.wire import Wire

log = logger("rpc")

R = TypeVar("R", bound=Wire)

RETRIES_MOST = 2
LEAST_LEFT_S = 0.01
"""With less time left, nothing is begun."""
WATCH_EVERY_S = 0.02
BEAT_EVERY_S = 0.5


class Calls:
    """Everything this service asks of others: a part of the service."""

    name = "calls"

    def __init__(
        self,
        service: str,
        neighbours: Mapping[str, Address],
        keys: Mapping[str, bytes],
        *,
        clock: Clock,
        tasks: Tasks,
        metrics: Metrics,
        instance: str,
        needed: Iterable[str] = (),
    ) -> None:
        self._service = service
        self._keys = keys
        self._clock = clock
        self._tasks = tasks
        self._needed = frozenset(needed)
        self._anybody_waits = asyncio.Event()
        self._side = Side(instance, clock, tasks, self._anybody_waits.set)
        self._neighbours = {
            name: Neighbour(self._pair(name), address, self._side)
            for name, address in neighbours.items()
        }
        self._visits = Visits(self._pair, self._side, tasks)
        self._retries = RetryBudget()
        self._running: list[asyncio.Task[None]] = []
        self._meter = AskMeter(metrics)

    async def start(self) -> None:
        """Begin to connect; nobody waits for neighbours here."""
        self._spawn("watch", self._watch())
        self._spawn("beat", self._beat())
        for neighbour in self._neighbours.values():
            self._spawn(neighbour.service, neighbour.keep())

    async def stop(self) -> None:
        """Close every link; who still waits hears Unavailable."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()
        for neighbour in self._neighbours.values():
            await neighbour.close()
        await self._visits.close()

    def trouble(self) -> str | None:
        """Which neighbours are away that this service can not be ready without."""
        down = sorted(self._needed.intersection(self.neighbours_down()))
        return f"no link to {', '.join(down)}" if down else None

    def neighbours_down(self) -> list[str]:
        """Neighbours without a link."""
        return sorted(name for name, each in self._neighbours.items() if not each.is_up)

    def on_link(self, neighbour: str, up: Callable[[], None], down: Callable[[], None]) -> None:
        """Hear when the link comes (at once, if it is there) and goes. What `up` casts is the first
        thing said on the link.
        """
        self._known(neighbour).watch(up, down)

    async def ask(self, call: Call[R], *, deadline: float | None = None) -> R:
        """Ask the service of the call. Raises what its handler raised, or Unavailable."""
        return await self._ask(self._known(call.service), call, deadline)

    async def ask_at(self, address: Address, call: Call[R], *, deadline: float | None = None) -> R:
        """Ask one process by its address, over a link that is kept while it is used."""
        return await self._ask(self._visits.host(call.service, address), call, deadline)

    def cast(self, cast: Cast) -> bool:
        """Tell, without waiting. False when there is no link, or one that is full."""
        neighbour = self._known(cast.service)
        told = neighbour.tell(cast.wire_name(), cast.dump(), request_id.get())
        self._meter.told(cast.wire_name(), "sent" if told else "dropped")
        return told

    async def _ask(self, neighbour: Neighbour, call: Call[R], deadline: float | None) -> R:
        began = self._clock.monotonic()
        due = due_within(began, call.deadline if deadline is None else deadline)
        try:
            return await self._persist(neighbour, call, due)
        except DomainError as error:
            self._meter.failed(call.wire_name(), error.error.name.lower())
            raise
        finally:
            self._meter.asked(call.wire_name(), self._clock.monotonic() - began)

    async def _persist(self, neighbour: Neighbour, call: Call[R], due: float) -> R:
        self._retries.earn()
        waits = delays(random.random, most=0.2)
        tries_left = RETRIES_MOST if call.idempotent else 0
        while True:
            try:
                return await self._attempt(neighbour, call, due)
            except (Lost, Busy):
                wait = next(waits)
                in_time = self._clock.monotonic() + wait + LEAST_LEFT_S < due
                if not tries_left or not in_time or not self._retries.spend():
                    raise
            tries_left -= 1
            self._meter.retried(call.wire_name())
            await self._clock.sleep(wait)

    async def _attempt(self, neighbour: Neighbour, call: Call[R], due: float) -> R:
        name = call.wire_name()
        if not neighbour.is_up:
            await neighbour.until_up(due)
        now = self._clock.monotonic()
        if due - now < LEAST_LEFT_S:
            raise Away(message=f"no time is left to ask {neighbour.service}")
        breaker = neighbour.breaker(name)
        admitted = breaker.admit(now)
        if admitted is None:
            raise Away(message=f"{name} keeps failing")
        failed: bool | None = None
        try:
            reply = await self._exchange(neighbour, call, due)
            failed = False
        except DomainError as error:
            failed = _says_unwell(error)
            raise
        finally:
            breaker.settle(admitted, self._clock.monotonic(), failed=failed)
        return reply

    async def _exchange(self, neighbour: Neighbour, call: Call[R], due: float) -> R:
        user = user_id.get()
        origin = Origin(request_id.get(), str(user) if user else "")
        name = call.wire_name()
        answer = await neighbour.ask(name, call.dump(), due=due, origin=origin)
        if not isinstance(answer, Answered):
            raise restore(answer.error)
        assert call.reply is not None, f"{name} declares no reply"
        try:
            return typing.cast("R", call.reply.model_validate(answer.body))
        except ValidationError as error:
            log.error("call.answer_unreadable", call=name, error=str(error))
            raise Unavailable(message=f"the answer to {name} is unreadable") from None

    def _known(self, service: str) -> Neighbour:
        neighbour = self._neighbours.get(service)
        if neighbour is None:
            raise LookupError(f"{self._service} has no neighbour {service!r} in its settings")
        return neighbour

    def _pair(self, service: str) -> Pair:
        name = f"{self._service}>{service}"
        if name not in self._keys:
            raise LookupError(f"the keyring has no key {name!r}")
        return Pair(self._service, service, self._keys[name])

    def _everybody(self) -> list[Neighbour]:
        return [*self._neighbours.values(), *self._visits.hosts()]

    def _spawn(self, name: str, work: typing.Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._tasks.spawn(f"calls:{name}", work, fatal=True)
        self._running.append(task)
        return task

    async def _watch(self) -> None:
        while True:
            await self._anybody_waits.wait()
            await self._clock.sleep(WATCH_EVERY_S)
            waits = [each.expire() for each in self._everybody()]
            if not any(waits):
                self._anybody_waits.clear()

    async def _beat(self) -> None:
        while True:
            await self._clock.sleep(BEAT_EVERY_S)
            for neighbour in self._everybody():
                neighbour.tick()
            self._visits.end_idle()


def _says_unwell(error: DomainError) -> bool | None:
    """Whether an error tells that the neighbour fails at this; None when it tells nothing."""
    if isinstance(error, Lost | Busy | Away | Unanswered):
        return None
    return error.status >= 500
