"""Tells presence_service which sessions are here, over the link that calls use. What is said and
when it has to be said anew is seats.py's; here are the link, the pace and the clock.
"""

from __future__ import annotations

import asyncio

from chassis.clock import Clock
from chassis.logs import logger
from chassis.rpc.client import Calls
from chassis.tasks import Tasks
from contracts.errors import DomainError
from gateway.live.seats import Seated, Seats

log = logger("presence")

PACE_S = 0.05
"""Changes within this time are one delta."""
CROWD = 32
CROWD_PACE_S = 0.25
"""While so many change within one pace, the delta waits longer: each is told to everybody who is
here, and a write to all of them costs as much for one who comes as for fifty.
"""
_LOOK_EVERY_S = 5.0


class PresenceLink:
    """The sink for sessions that come, change and go: a part of the gateway."""

    name = "presence_link"

    def __init__(
        self, seats: Seats, calls: Calls, *, clock: Clock, tasks: Tasks, digest_every: float = 60.0
    ) -> None:
        self._seats = seats
        self._calls = calls
        self._clock = clock
        self._tasks = tasks
        self._digest_every = digest_every
        self._news = asyncio.Event()

    async def start(self) -> None:
        """Listen for the link; say what there is to say as soon as it stands."""
        self._calls.on_link("presence", self._up, self._seats.link_down)
        self._tasks.spawn("presence:tell", self._tell(), fatal=True)
        self._tasks.spawn("presence:beat", self._beat(), fatal=True)
        self._tasks.spawn("presence:reconcile", self._reconcile(), fatal=True)

    async def stop(self) -> None:
        """Nothing is held here that outlives the tasks."""

    def trouble(self) -> str | None:
        """Sessions are served as well while nobody hears of them."""
        return None

    def opened(self, seat: Seated) -> None:
        """A session came."""
        self._seats.put(seat)
        self._news.set()

    def changed(self, seat: Seated) -> None:
        """A session is to be shown otherwise."""
        self._seats.put(seat)
        self._news.set()

    def closed(self, session_id: str) -> None:
        """A session went."""
        self._seats.drop(session_id)
        self._news.set()

    async def drain(self) -> None:
        """Every session that is still here goes with this process: for the end of a drain, while
        the link still stands.
        """
        self._seats.clear()
        self._say()

    def _up(self) -> None:
        self._seats.link_up(self._clock.now_ms())
        self._say()

    def _say(self) -> None:
        now = self._clock.monotonic()
        while (report := self._seats.report(now)) is not None:
            if not self._calls.cast(report):
                self._news.set()  # the link is full or just gone: again in a moment
                return
            self._seats.sent(report, now)

    async def _tell(self) -> None:
        while True:
            await self._news.wait()
            await self._clock.sleep(PACE_S)
            if self._seats.waiting >= CROWD:
                await self._clock.sleep(CROWD_PACE_S)
            self._news.clear()
            self._say()

    async def _beat(self) -> None:
        while True:
            await self._clock.sleep(_LOOK_EVERY_S)
            self._say()

    async def _reconcile(self) -> None:
        while True:
            await self._clock.sleep(self._digest_every)
            digest = self._seats.digest()
            if digest is None:
                continue
            try:
                agreement = await self._calls.ask(digest)
            except DomainError as error:
                log.warning("digest.unanswered", error=str(error))
                continue
            if not agreement.agrees:
                log.warning("digest.disagreed", epoch=digest.epoch, sessions=digest.count)
                self._seats.disagreed(digest, self._clock.now_ms())
                self._say()
