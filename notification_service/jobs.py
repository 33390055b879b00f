"""What happens by the clock: pushes go out, digests are mailed, what is old is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from chassis import post
from chassis.clock import Clock
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.post import Post
from chassis.rpc.breaker import OPEN_S
from chassis.tasks import Tasks
from contracts.identity import NOBODY
from notification_service import actions, mails
from notification_service.actions.digesting import Digest
from notification_service.carriers import Carrier
from notification_service.carriers.circuits import Circuits
from notification_service.domain.deliveries import Delivery
from notification_service.domain.devices import Provider
from notification_service.domain.outcomes import Fate, Outcome
from notification_service.settings import Settings
from notification_service.tools import Units

log = logger("pushes")

_AWAY = (DBAPIError, PoolTimeoutError, OSError)

_ADDRESS = "address"
_LANES = (False, False, True)
"""Loops of one carrier, each with a batch of its own; the last has what failed before, so that a
provider that answers late holds up nobody who is fine.
"""
Work = Callable[[], Awaitable[bool]]
"""Whether there may be more of it."""


class Pushes:
    """Makes pushes of what is due and hands them to the carriers, each at its own pace: one that is
    away keeps nobody else waiting.
    """

    name = "pushes"

    def __init__(
        self,
        units: Units,
        carriers: Sequence[Carrier],
        *,
        every: float,
        batch: int,
        clock: Clock,
        tasks: Tasks,
        metrics: Metrics,
    ) -> None:
        self._units = units
        self._carriers = carriers
        self._every = every
        self._batch = batch
        self._clock = clock
        self._tasks = tasks
        self._news: dict[str, asyncio.Event] = {}
        self.turn = asyncio.Lock()
        """Held while many are told of one thing, so that their pushes are queued together."""
        self._circuits = Circuits(clock)
        self._sent = metrics.counter(
            "push_sent", "Pushes handed to a provider", ("provider", "fate")
        )
        self._took = metrics.histogram("push_seconds", "Time for a batch", ("provider",))
        self._waiting = metrics.gauge("push_waiting", "Notices and pushes that wait", ("kind",))

    async def start(self) -> None:
        """Begin."""
        self._spawn(_ADDRESS, self._every, self._address)
        for carrier in self._carriers:
            for lane, again in enumerate(_LANES):
                work = partial(self._deliver, carrier, again)
                self._spawn(f"{carrier.provider.value}:{lane}", None, work)

    async def stop(self) -> None:
        """What was claimed is sent by another process, or later by this one."""
        for carrier in self._carriers:
            await carrier.close()

    def trouble(self) -> str | None:
        """Providers that are away are no reason to serve nobody."""
        return None

    def nudge(self) -> None:
        """Something may be due."""
        for news in self._news.values():
            news.set()

    def _send(self) -> None:
        for name, news in self._news.items():
            if name != _ADDRESS:
                news.set()

    async def measure(self) -> None:
        """How much waits."""
        async with self._units.reading(NOBODY) as unit:
            notices, pushes = await actions.delivering.waiting(unit)
        self._waiting.labels("notices").set(notices)
        self._waiting.labels("pushes").set(pushes)

    def troubles(self) -> dict[str, str]:
        """Of providers that are configured and can not work, why."""
        found = {carrier.provider.value: carrier.trouble() for carrier in self._carriers}
        return {name: trouble for name, trouble in found.items() if trouble}

    def _spawn(self, name: str, every: float | None, work: Work) -> None:
        self._news[name] = asyncio.Event()
        self._tasks.spawn(f"pushes:{name}", self._forever(name, every, work), fatal=True)

    async def _forever(self, name: str, every: float | None, work: Work) -> None:
        news = self._news[name]
        while True:
            try:
                async with asyncio.timeout(every):
                    await news.wait()
            except TimeoutError:
                pass
            news.clear()
            try:
                while await work():
                    pass
            except _AWAY as error:
                log.warning("pushes.postponed", work=name, error=repr(error))
                await self._clock.sleep(1.0)

    async def _address(self) -> bool:
        # A look at everything, of other processes too: taking what is not there costs many of them.
        async with self._units.reading(NOBODY) as unit:
            has_notices, has_pushes = await actions.delivering.due(unit)
        if has_pushes:
            self._send()
        if not has_notices:
            return False
        async with self.turn, self._units.open(NOBODY) as unit:
            count = await actions.delivering.address(unit)
        if count:
            self.nudge()
        return count == actions.delivering.AT_ONCE

    async def _deliver(self, carrier: Carrier, again: bool) -> bool:  # noqa: FBT001
        async with self._units.open(NOBODY) as unit:
            claimed = await actions.delivering.claim(
                unit, carrier.provider, self._batch, again=again
            )
        if not claimed:
            return False
        admitted, held = self._circuits.admit(claimed)
        began = self._clock.monotonic()
        outcomes = await carrier.send(admitted) if admitted else []
        self._took.labels(carrier.provider).observe(self._clock.monotonic() - began)
        sent = list(zip(admitted, outcomes, strict=True))
        self._circuits.settle(sent)
        async with self._units.open(NOBODY) as unit:
            await actions.delivering.settle(unit, sent)
            if held:
                await actions.delivering.release(unit, held, OPEN_S)
        self._tell(carrier.provider, sent)
        return len(claimed) == self._batch

    def _tell(self, provider: Provider, sent: Sequence[tuple[Delivery, Outcome]]) -> None:
        for delivery, outcome in sent:
            self._sent.labels(provider, outcome.fate).inc()
            if outcome.fate is not Fate.SENT:
                log.info(
                    "push.not_sent",
                    provider=provider,
                    fate=outcome.fate,
                    reason=outcome.why,
                    device=str(delivery.device_id),
                    tries=delivery.tries,
                )


class Keeping:
    """Forgets what was told long ago."""

    def __init__(self, units: Units, keep: timedelta) -> None:
        self._units = units
        self._keep = keep

    async def purge(self) -> None:
        """Some at a time."""
        gone = 1
        while gone:
            async with self._units.open(NOBODY) as unit:
                gone = await actions.delivering.purge(unit, keep=self._keep)


class Digests:
    """Mails digests to those who are away for long and wish for them."""

    def __init__(self, units: Units, office: Post | None, settings: Settings, clock: Clock) -> None:
        self._units = units
        self._office = office
        self._settings = settings
        self._clock = clock

    async def send(self) -> None:
        """Everybody who is due."""
        if self._office is None:
            return
        count = actions.digesting.AT_ONCE
        while count == actions.digesting.AT_ONCE:
            async with self._units.open(NOBODY) as unit:
                some = await actions.digesting.claim(unit)
            if some:
                await self._write(self._office, some)
            count = len(some)

    async def _write(self, office: Post, some: Sequence[Digest]) -> None:
        tools = self._units.tools
        readers = await actions.digesting.readers(tools, some)
        for digest in some:
            reader = readers.get(int(digest.user_id))
            if reader is None or reader.email is None:
                continue
            mail = mails.digest(
                reader.locale,
                reader.name,
                digest.lines,
                public_url=tools.policy.public_url,
                end_url=actions.digesting.end_url(tools, digest.user_id),
            )
            sender, at = self._settings.mail_from, self._clock.now()
            try:
                await office.send(post.letter(mail, to=reader.email, sender=sender, at=at))
            except post.Away as away:
                log.warning("digest.postponed", person=str(digest.user_id), reason=str(away))
                async with self._units.open(NOBODY) as unit:
                    await actions.digesting.unclaim(unit, digest.user_id)
            except post.Refused as refused:
                log.warning("digest.refused", person=str(digest.user_id), reason=str(refused))
            else:
                log.info("digest.sent", person=str(digest.user_id))
