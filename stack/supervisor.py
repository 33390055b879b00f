"""Keeps processes running: started in waves, watched, started again with backoff, stopped in order.

Knows nothing of services, ports or the environment: it is given units.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from chassis.clock import Clock
from chassis.tasks import Tasks
from stack.child import Child
from stack.probe import Readiness
from stack.readable import readable
from stack.trouble import Trouble, told

_LOOK_EVERY_S = 0.08
_SETTLED_S = 10.0
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.1, 5.0


async def _nothing() -> None:
    return


@dataclass(slots=True)
class Unit:
    """A process that shall run."""

    child: Child
    readiness: Callable[[], Awaitable[Readiness]]
    before: Callable[[], Awaitable[None]] = _nothing
    """What must be done before it is started again."""
    grace: float = 35.0
    """Seconds it may take to drain."""
    is_wanted: bool = False
    since: float = 0.0
    starts: int = 0

    @property
    def name(self) -> str:
        """The child's."""
        return self.child.name


class Supervisor:
    """All units of one suite, in the order they were started."""

    def __init__(
        self,
        clock: Clock,
        *,
        restarts: bool = True,
        report: Callable[[str], None] = lambda line: None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._restarts = restarts
        self._report = report
        self._changed = changed
        self._tasks = Tasks()
        self.units: dict[str, Unit] = {}

    def adopt(self, unit: Unit) -> None:
        """Watch a process that was started elsewhere and is ready."""
        self.units[unit.name] = unit
        self._started(unit)
        self._mind(unit)

    async def start(self, units: Sequence[Unit], within: float) -> None:
        """Start these together; returns when all are ready, Trouble when one ends before."""
        for unit in units:
            self.units[unit.name] = unit
            unit.child.spawn()
            self._started(unit)
        self._changed()
        end = self._clock.monotonic() + within
        pending = list(units)
        while pending:
            for unit in tuple(pending):
                said = await unit.readiness()
                if said.is_ready:
                    pending.remove(unit)
                    self._report(f"{unit.name} is ready")
                elif not unit.child.is_alive:
                    raise _ended(unit)
                elif self._clock.monotonic() > end:
                    raise _late(unit, said, within)
            await self._clock.sleep(_LOOK_EVERY_S if pending else 0)
        for unit in units:
            self._mind(unit)

    async def wait_ready(self, name: str, within: float) -> None:
        """Until this one runs and is ready, started again if need be."""
        unit = self.units[name]
        end = self._clock.monotonic() + within
        said = Readiness(is_ready=False)
        while not (unit.child.is_alive and (said := await unit.readiness()).is_ready):
            if self._clock.monotonic() > end:
                raise _late(unit, said, within)
            await self._clock.sleep(_LOOK_EVERY_S)

    async def again(self, name: str) -> None:
        """Stop one and start it again."""
        unit = self.units[name]
        await self.stop([name])
        await unit.before()
        unit.child.spawn()
        self._started(unit)
        self._changed()
        self._mind(unit)

    async def stop(self, names: Iterable[str]) -> None:
        """Ask these to end together, and end those that take too long."""
        units = [self.units[name] for name in names]
        for unit in units:
            unit.is_wanted = False
        gentle = await asyncio.gather(*(unit.child.stop(unit.grace) for unit in units))
        for unit, went in zip(units, gentle, strict=True):
            if not went:
                self._report(f"{unit.name} did not end within {unit.grace:.0f} s and was killed")
        self._changed()

    def kill(self, names: Iterable[str]) -> None:
        """No more patience with these."""
        for name in names:
            if (unit := self.units.get(name)) is not None:
                unit.is_wanted = False
                unit.child.signal(signal.SIGKILL)

    async def close(self) -> None:
        """Stop watching."""
        await self._tasks.cancel()

    def _started(self, unit: Unit) -> None:
        unit.is_wanted = True
        unit.since = self._clock.monotonic()
        unit.starts += 1

    def _mind(self, unit: Unit) -> None:
        self._tasks.spawn(f"mind:{unit.name}", self._keep(unit))

    async def _keep(self, unit: Unit) -> None:
        failures = 0
        while True:
            await unit.child.gone()
            if not unit.is_wanted:
                return
            is_settled = self._clock.monotonic() - unit.since > _SETTLED_S
            failures = 0 if is_settled else failures + 1
            self._changed()
            if not self._restarts:
                self._report(f"{unit.name} ended ({_how(unit.child.code)})")
                return
            delay = min(_FIRST_DELAY_S * 2**failures, _LONGEST_DELAY_S)
            self._report(f"{unit.name} ended ({_how(unit.child.code)}); again in {delay:.1f} s")
            await self._clock.sleep(delay)
            if unit.is_wanted:
                await self._respawn(unit)

    async def _respawn(self, unit: Unit) -> None:
        unit.since = self._clock.monotonic()
        try:
            await unit.before()
            unit.child.spawn()
        except OSError as error:
            self._report(f"{unit.name} could not be started: {told(error)}")
            return
        self._started(unit)
        self._changed()


def _ended(unit: Unit) -> Trouble:
    said = [text for line in unit.child.last_words() for text in readable(line)]
    words = "\n".join(f"    {text}" for text in said)
    return Trouble(
        f"{unit.name} ended ({_how(unit.child.code)}) before it was ready. It said:\n{words}\n",
        f"All of it: {unit.child.log}",
    )


def _late(unit: Unit, said: Readiness, within: float) -> Trouble:
    return Trouble(
        f"{unit.name} was not ready within {within:.0f} s ({said}).", f"Its log: {unit.child.log}"
    )


def _how(code: int | None) -> str:
    if code is None:
        return "still running"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
