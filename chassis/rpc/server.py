"""Listening for neighbours: declares who answers what. One link is in link.py."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from chassis.clock import Clock
from chassis.metrics import Metrics
from chassis.rpc.link import Answering, Hearing, House, Link
from chassis.rpc.meters import AnswerMeter
from chassis.rpc.pipe import Pipe
from chassis.tasks import Tasks
from contracts.rpc.base import Ask, Call, Cast
from contracts.wire import Wire

R = TypeVar("R", bound=Wire)
C = TypeVar("C", bound=Cast)

TICK_EVERY_S = 0.25
FINISH_WITHIN_S = 5.0


class RpcServer:
    """Everything others may ask of this service: a part of the service."""

    name = "rpc"

    def __init__(
        self,
        service: str,
        keys: Mapping[str, bytes],
        *,
        bind: str,
        port: int,
        clock: Clock,
        tasks: Tasks,
        metrics: Metrics,
    ) -> None:
        self._bind = bind
        self._port = port
        self._clock = clock
        self._tasks = tasks
        # Handlers are held apart from the service's own tasks: a stop lets them finish.
        self._house = House(service, keys, clock, Tasks(), AnswerMeter(metrics))
        self._listener: asyncio.Server | None = None
        self._ticking: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """Where it listens, once started."""
        return self._port

    def handle(self, call: type[Call[R]], answer: Callable[[Any], Awaitable[R]]) -> None:
        """Let this function answer this call."""
        self._declare(call, self._house.answering)
        self._house.answering[call.wire_name()] = Answering(call, answer)

    def hear(self, cast: type[C], hear: Callable[[C, Link], None]) -> None:
        """Let this function hear this cast: in the order of sending, and without waiting."""
        self._declare(cast, self._house.hearing)
        self._house.hearing[cast.wire_name()] = Hearing(cast, hear)

    def on_gone(self, gone: Callable[[Link], None]) -> None:
        """Hear that an open link ended."""
        self._house.on_gone.append(gone)

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._accept, self._bind, self._port)
        self._port = self._listener.sockets[0].getsockname()[1]
        self._ticking = self._tasks.spawn("rpc:tick", self._tick(), fatal=True)

    async def stop(self) -> None:
        """Begin nothing new, finish what is under way, then close."""
        if self._listener is None:
            return
        self._house.is_leaving = True
        self._listener.close()
        links = tuple(self._house.links)
        await asyncio.gather(*(link.leave(FINISH_WITHIN_S) for link in links))
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        await self._listener.wait_closed()
        self._listener = None

    def trouble(self) -> str | None:
        """Why nobody can be answered now."""
        return None if self._listener is not None else "not listening"

    def _accept(self) -> Pipe:
        return Link(self._house).pipe

    def _declare(self, ask: type[Ask], known: Mapping[str, object]) -> None:
        if ask.service != self._house.service:
            raise ValueError(f"{ask.wire_name()} is not asked of {self._house.service}")
        if ask.wire_name() in known:
            raise ValueError(f"{ask.wire_name()} is answered already")

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(TICK_EVERY_S)
            for link in tuple(self._house.links):
                link.tick()
