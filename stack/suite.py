"""The whole house as one object: data folder, backing, migrations, services. Verbs, tests and
benches use it; what is shown to a person is theirs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from chassis.clock import Clock, SystemClock
from media_sfu.kernel import building
from stack import leftovers, probe
from stack.backing import Backing
from stack.child import Child, Program
from stack.environ import ROOT
from stack.home import Home
from stack.migrations import migrate, outdated, remember
from stack.ports import Ports, require_free, reserved
from stack.probe import Readiness
from stack.services import GATEWAY, HOUSE, MEDIA, Service, Table
from stack.supervisor import Supervisor, Unit
from stack.wiring import Process, Wiring, processes

_T = TypeVar("_T")

SINGLE = "house"
"""The process that holds all services but media in `single` mode."""

_OPEN_FILES = 65_536


@dataclass(kw_only=True)
class Suite:
    """Start it, speak to `url`, stop it. One suite a folder; port 0 takes a free block."""

    folder: Path | str = field(kw_only=False)
    port: int = 0
    gateways: int = 1
    sfus: int = 1
    services: Sequence[str] | None = None
    durable: bool = False
    extra_env: Mapping[str, str] = field(default_factory=dict)
    restarts: bool = True
    single: bool = False
    database_url: str = ""
    redis_url: str = ""
    table: Table = HOUSE
    cwd: Path = ROOT
    ready_within: float = 60.0
    report: Callable[[str], None] = lambda line: None

    def __post_init__(self) -> None:
        self.home = Home(self.folder)
        self.phase = "stopped"
        self._clock: Clock = SystemClock()
        self._exit = contextlib.AsyncExitStack()
        self._ports: Ports | None = None
        self._backing: Backing | None = None
        self._supervisor = Supervisor(
            self._clock, restarts=self.restarts, report=self.report, changed=self._write_state
        )
        self._waves: list[list[str]] = []

    @property
    def ports(self) -> Ports:
        """Which port is whose."""
        return _there(self._ports)

    @property
    def backing(self) -> Backing:
        """The servers below, for a look into their data."""
        return _there(self._backing)

    @property
    def url(self) -> str:
        """Where clients come in."""
        return self.wiring.public_url

    @property
    def wiring(self) -> Wiring:
        """The variables of every process."""
        return Wiring(
            ports=self.ports,
            master=self.home.master(),
            redis_url=self.backing.redis_url,
            database_url=self.backing.database_url,
            blobs=str(self.home.blobs),
            gateways=self.gateways,
            mail_folder=str(self.home.mail),
        )

    def process(self, name: str) -> Child:
        """A process by name: `chat`, `gateway-2`, `postgres`, `valkey`."""
        return self._supervisor.units[self._holder(name)].child

    def log_path(self, name: str) -> Path:
        """What a process has written."""
        return self.home.log(self._holder(name))

    async def readiness(self) -> dict[str, Readiness]:
        """Of every process, now."""
        return {name: await unit.readiness() for name, unit in self._supervisor.units.items()}

    async def start(self) -> None:
        """Bring everything up and wait until all is ready; on failure nothing stays behind."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Drain and end: the services in reverse order, then the servers below."""
        self._phase("stopping")
        running = self._supervisor.units
        for wave in reversed(self._waves):
            await self._supervisor.stop(name for name in wave if name in running)
        for unit in running.values():
            unit.is_wanted = False
        await self._supervisor.close()
        await self._exit.aclose()
        running.clear()
        self._waves.clear()
        self.phase = "stopped"

    def hurry(self) -> None:
        """Stop without draining."""
        self._supervisor.kill(name for wave in self._waves for name in wave)

    async def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal; for SIGKILL and SIGTERM wait until the process has ended."""
        child = self.process(name)
        child.signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            pid = child.pid
            async with asyncio.timeout(60):
                while child.is_alive and child.pid == pid:
                    await self._clock.sleep(0.01)

    async def restart(self, name: str) -> None:
        """Stop one gently, start it again, and wait until it is ready."""
        await self._supervisor.again(self._holder(name))
        await self.wait_ready(name)

    async def wait_ready(self, name: str, within: float = 30.0) -> None:
        """Until it runs and is ready."""
        await self._supervisor.wait_ready(self._holder(name), within)

    async def migrate(self) -> None:
        """Bring every schema up to date."""
        admin, cwd = self.backing.admin_url, self.cwd
        rows = await outdated(admin, self._chosen(), cwd)
        if not rows:
            return
        self.report("bringing schemas up to date")
        await migrate(self.home, rows, self.backing.database_url, env=self.extra_env, cwd=cwd)
        await remember(admin, rows, cwd)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _start(self) -> None:
        _raise_file_limit()
        self.home.hold()
        self._exit.callback(self._let_go)
        await leftovers.end(self.home, self._clock, self.report)
        port = self.port or self._exit.enter_context(reserved())
        self._ports = Ports(port, self.table)
        require_free(self._wanted_ports())
        self._phase("starting")
        await asyncio.gather(self._start_backing(), self._build())
        await self.migrate()
        rows = self._chosen()
        for wave in [rows] if self.single else self.table.waves(row.name for row in rows):
            units = self._units(wave)
            self._waves.append([unit.name for unit in units])
            await self._supervisor.start(units, self.ready_within)
        self._phase("ready")

    async def _build(self) -> None:
        """What is compiled, once; what cannot be is done without."""
        if any(row.name == MEDIA for row in self._chosen()):
            with contextlib.suppress(building.NotBuilt):
                await asyncio.to_thread(building.build)

    async def _start_backing(self) -> None:
        self._backing = Backing(
            self.home,
            ports=self.ports,
            durable=self.durable,
            database_url=self.database_url,
            redis_url=self.redis_url,
            table=self.table,
            report=self.report,
        )
        self._exit.push_async_callback(self._backing.stop)
        await self._backing.start()
        for server in self._backing.servers:
            self._supervisor.adopt(
                Unit(server.child, partial(_answering, server.answers), before=server.prepare)
            )

    def _chosen(self) -> list[Service]:
        return [self.table[name] for name in self.table.names(self.services)]

    def _processes(self, rows: Sequence[Service]) -> list[Process]:
        return [process for row in rows for process in processes(row, self.gateways, self.sfus)]

    def _wanted_ports(self) -> dict[int, str]:
        ports, wanted = self.ports, {}
        for process in self._processes(self._chosen()):
            service, name = process.service.name, process.name
            is_edge = service == GATEWAY
            wanted[ports.http(service)] = "public" if is_edge else f"HTTP of {service}"
            wanted[ports.rpc(service, process.copy)] = f"calls to {name}"
            wanted[ports.admin(service, process.copy)] = f"health of {name}"
        return wanted

    def _units(self, wave: Sequence[Service]) -> list[Unit]:
        together = [row for row in wave if self.single and row.name != MEDIA]
        apart = [row for row in wave if row not in together]
        units = [self._unit(process) for process in self._processes(apart)]
        if together:
            units.append(self._house(together))
        return units

    def _unit(self, process: Process) -> Unit:
        argv = [sys.executable, "-m", process.service.module]
        env = {**self.wiring.environment(process), **self.extra_env}
        child = self._child(process.name, argv, env)
        port = self.ports.admin(process.service.name, process.copy)
        return Unit(child, partial(probe.readiness, port))

    def _house(self, rows: Sequence[Service]) -> Unit:
        env = {
            name: value
            for row in rows
            for name, value in self.wiring.environment(Process(row)).items()
        }
        argv = [sys.executable, "-m", "stack.single", *(row.module for row in rows)]
        ports = [self.ports.admin(row.name) for row in rows]
        return Unit(self._child(SINGLE, argv, {**env, **self.extra_env}), partial(_all, ports))

    def _child(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> Child:
        return Child(name, Program(argv, env=env, cwd=self.cwd), self.home.log(name))

    def _holder(self, name: str) -> str:
        if self.single and name in self.table and name != MEDIA:
            return SINGLE
        return name

    def _phase(self, phase: str) -> None:
        self.phase = phase
        self._write_state()

    def _write_state(self) -> None:
        if not self.home.is_mine or self._ports is None:
            return
        self.home.write_state(
            {
                "phase": self.phase,
                "url": f"http://127.0.0.1:{self.ports.public}",
                "port": self.ports.public,
                "gateways": self.gateways,
                "sfus": self.sfus,
                "suite": leftovers.footprint(os.getpid()),
                "processes": {
                    name: {**leftovers.footprint(unit.child.pid), "starts": unit.starts}
                    for name, unit in self._supervisor.units.items()
                    if unit.child.is_alive
                },
            }
        )

    def _let_go(self) -> None:
        self.home.clear_state()
        self.home.release()


async def _answering(question: Callable[[], Awaitable[bool]]) -> Readiness:
    return Readiness(is_ready=await question())


async def _all(ports: Sequence[int]) -> Readiness:
    for port in ports:
        if not (said := await probe.readiness(port)).is_ready:
            return said
    return Readiness(is_ready=True)


def _there(part: _T | None) -> _T:
    if part is None:
        raise RuntimeError("the suite is not started")
    return part


def _raise_file_limit() -> None:
    """A gateway holds one file a session; what we may have, we pass on to the children."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
