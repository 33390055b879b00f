"""How a process lives: settings, logs, signals, drain, exit code."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import uvloop

from chassis import logs
from chassis.service import Service
from chassis.settings import ServiceSettings, load

S = TypeVar("S", bound=ServiceSettings)

HARD_END_S = 30.0
_COLLECT_AFTER = (20_000, 20, 10)
"""Young objects, and rounds of them: a burst of arrivals makes thousands that all live on, and to
look through them every 700 is a good part of its cost.
"""


def run(settings: type[S], build: Callable[[S], Service]) -> None:
    """Run one service until a signal. The three lines of every __main__."""
    given = load(settings)
    if "--settings" in sys.argv:
        sys.stdout.write(describe(given))
        return

    def built() -> Service:
        service = build(given)
        logs.configure(given.service, service.instance, given.log_level)
        return service

    allow_many_files()
    raise SystemExit(uvloop.run(live([built])))


def allow_many_files() -> None:
    """Every socket is a file, and the usual soft limit is 1,024: take what the hard one allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def live(builders: Sequence[Callable[[], Service]]) -> int:
    """Start the services in order, wait for a signal or a fatal failure, stop them in reverse."""
    services = [build() for build in builders]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log = logs.logger("lifecycle")
    code = 0
    try:
        for service in services:
            await service.start()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)
        code = await _until_over(stop, services)
    except OSError as error:
        log.error("service.start_failed", error=str(error))
        code = 1
    for service in reversed(services):
        try:
            async with asyncio.timeout(min(service.settings.drain_seconds + 8, HARD_END_S)):
                await service.stop()
        except TimeoutError:
            log.error("service.stop_overdue", service=service.name)
            code = 1
    return code


async def _until_over(stop: asyncio.Event, services: Sequence[Service]) -> int:
    waits = [asyncio.ensure_future(stop.wait())]
    waits += [asyncio.ensure_future(service.failed.wait()) for service in services]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return 0 if stop.is_set() else 1


def describe(settings: ServiceSettings) -> str:
    """Every setting with its value, secrets hidden."""
    prefix = settings.model_config.get("env_prefix", "")
    rows = [
        f"{prefix}{name.upper()}={getattr(settings, name)}"
        for name in sorted(type(settings).model_fields)
    ]
    return "\n".join(rows) + "\n"
