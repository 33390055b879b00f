"""A service as a list of parts, started in order and stopped in reverse. The plain table of
contents of each app.py.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import uvicorn
from starlette.types import ASGIApp

from chassis.clock import Clock, SystemClock
from chassis.health import Health
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.settings import ServiceSettings
from chassis.tasks import Tasks

log = logger("service")


class Part(Protocol):
    """Anything with a life: it starts without waiting for others, and says what troubles it."""

    @property
    def name(self) -> str:
        """As shown by /readyz."""

    async def start(self) -> None:
        """Begin. Absent neighbours are no reason to fail: they are a trouble."""

    async def stop(self) -> None:
        """End, leaving nothing behind."""

    def trouble(self) -> str | None:
        """Why it can not serve now, in a few words; None when it can."""


P = TypeVar("P", bound=Part)


class Service:
    """One running service: its parts, its HTTP door, its periodic jobs."""

    def __init__(self, settings: ServiceSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.name = settings.service
        self.instance = settings.instance or f"{self.name}-{uuid4().hex[:8]}"
        self.clock: Clock = clock or SystemClock()
        self.metrics = Metrics()
        self.failed: asyncio.Event = asyncio.Event()
        self.tasks = Tasks(lambda task, error: self.failed.set())
        tasks = self.metrics.gauge("tasks", "Background work under way")
        tasks.set_function(lambda: len(self.tasks))
        self._clockwork = Tasks(lambda task, error: self.failed.set())
        self._parts: list[Part] = []
        self._started: list[Part] = []
        self._drains: list[Callable[[], Awaitable[None]]] = []
        self._jobs: list[tuple[str, float, Callable[[], Awaitable[None]]]] = []
        self._web: uvicorn.Config | None = None
        self._server: uvicorn.Server | None = None
        self._socket: dict[str, int] = {}
        self._is_stopping = False
        self._health = Health(
            settings.bind, settings.admin_port, troubles=self.troubles, metrics=self.metrics
        )

    def use(self, part: P) -> P:
        """Add a part; it starts after those before it and stops before them."""
        self._parts.append(part)
        return part

    def http(
        self,
        app: ASGIApp,
        *,
        protocol: type[asyncio.Protocol] | None = None,
        bind: str | None = None,
        reuse_port: bool = False,
        kernel_bytes: int = 0,
        sockets: bool = False,
    ) -> None:
        """Serve this app on the HTTP port, with WebSockets if so; `protocol` replaces uvicorn's
        reading of bytes, and `kernel_bytes` bounds what the kernel holds for one that stalls.
        """
        self._web = uvicorn.Config(
            app,
            host=bind or self.settings.bind,
            port=self.settings.port,
            http=protocol or "httptools",
            ws="websockets-sansio" if sockets else "none",
            ws_max_size=256 << 10,
            ws_per_message_deflate=False,
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            backlog=4096,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=10,
        )
        self._socket = {"reuse_port": reuse_port, "kernel_bytes": kernel_bytes}

    def job(self, name: str, every: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do this by the clock; a failed turn is logged and the next one comes."""
        self._jobs.append((name, every, work))

    def on_drain(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this first when stopping, while the doors are still open."""
        self._drains.append(work)

    def troubles(self) -> dict[str, str | None]:
        """What /readyz answers."""
        found = {part.name: part.trouble() for part in self._parts}
        if self._is_stopping:
            found["lifecycle"] = "draining"
        elif self._web is not None and (self._server is None or not self._server.started):
            found["lifecycle"] = "starting"
        return found

    async def start(self) -> None:
        """Start every part, then open the HTTP door."""
        await self._health.start()
        for part in self._parts:
            self._started.append(part)
            await part.start()
        for name, every, work in self._jobs:
            self._clockwork.spawn(f"job:{name}", self._periodically(name, every, work), fatal=True)
        self._clockwork.spawn("job:loop_lag", self._measure_lag(), fatal=True)
        if self._web is not None:
            await self._open(self._web)
        log.info("service.started", service=self.name, port=self.settings.port)

    async def stop(self) -> None:
        """Not ready; drain; close the door; stop the parts in reverse."""
        self._is_stopping = True
        for drain in self._drains:
            await drain()
        if self._server is not None:
            self._server.should_exit = True
            await self._serving
        await self._clockwork.cancel()
        for part in reversed(self._started):
            try:
                async with asyncio.timeout(10):
                    await part.stop()
            except Exception as error:  # one part's failure must not keep the others from stopping
                log.error("part.stop_failed", part=part.name, exc=error)
        # Only now: until it has stopped, a part may need what it runs beside itself.
        await self.tasks.cancel()
        await self._health.stop()
        log.info("service.stopped", service=self.name)

    async def _open(self, web: uvicorn.Config) -> None:
        listener = listen(web.host, web.port, **self._socket)
        self._server = uvicorn.Server(web)
        # uvicorn's own serve() would take the process's signals; lifecycle.py keeps them.
        self._serving = asyncio.ensure_future(self._server._serve([listener]))
        self._serving.add_done_callback(lambda done: self.failed.set())
        while not self._server.started and not self._serving.done():
            await self.clock.sleep(0.005)

    async def _periodically(
        self, name: str, every: float, work: Callable[[], Awaitable[None]]
    ) -> None:
        while True:
            await self.clock.sleep(every)
            try:
                await work()
            except Exception as error:  # the next turn may succeed: a dependency may be back
                log.warning("job.failed", job=name, exc=error)

    async def _measure_lag(self) -> None:
        while True:
            began = self.clock.monotonic()
            await self.clock.sleep(0.5)
            self.metrics.loop_lag.set(max(0.0, self.clock.monotonic() - began - 0.5))


def listen(
    host: str, port: int, *, reuse_port: int = False, kernel_bytes: int = 0
) -> socket.socket:
    """A listening socket; several processes may share its port when both sides ask for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse_port:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if kernel_bytes:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, kernel_bytes)
    listener.bind((host, port))
    listener.setblocking(False)
    return listener


AnyService = Callable[[Any], Service]
