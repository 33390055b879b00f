"""The ear: everything that is told to or about people who are watched, in order. Chat never waits
for it. A reaction may happen twice without harm, so that after a restart it goes on a little before
where it had stopped; what came while it was down is read from the replay streams.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from chassis.bus import Bus, ReplayGone
from chassis.clock import Clock
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts import topics
from contracts.errors import Unavailable
from contracts.events.base import name_of
from contracts.events.voice import CallCreate, CallUpdate
from contracts.identity import NOBODY
from contracts.topics import Topic
from notification_service import actions
from notification_service.actions.reacting import Reactions
from notification_service.crowd import Crowd
from notification_service.domain.devices import Heard
from notification_service.tools import Units

log = logger("inbox")

EVERYTHING = "everything"
"""Under which the position over all topics is kept: stamps rise over all of them."""
_AGAIN_S = 1.0
_BATCH = 256
_WAITING_MOST = 50_000
_NOTED_EVERY_S = 1.0
_BEFORE_US = 5_000_000
"""Events of different topics may overtake each other by less than this."""
_TOPICS_AT_ONCE = 100
_PEOPLE_AT_ONCE = 16
_PRESSING = frozenset({CallCreate.__name__, CallUpdate.__name__})
_AWAY = (DBAPIError, PoolTimeoutError, RedisError, OSError, Unavailable)


@dataclass(slots=True)
class _Waiting:
    """What was heard and had no effect yet."""

    events: deque[tuple[Topic, int, bytes]] = field(default_factory=deque)
    lost: set[Topic] = field(default_factory=set)
    uncounted: set[int] = field(default_factory=set)
    """People whose badges may be wrong."""
    pressing: asyncio.Event = field(default_factory=asyncio.Event)
    """Something rings."""
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Inbox:
    """A part: listens to the topics of everybody who is watched."""

    name = "inbox"

    def __init__(
        self,
        bus: Bus,
        units: Units,
        crowd: Crowd,
        *,
        clock: Clock,
        tasks: Tasks,
        metrics: Metrics,
        nudge: Callable[[], None],
        turn: asyncio.Lock,
    ) -> None:
        self._bus = bus
        self._units = units
        self._crowd = crowd
        self._clock = clock
        self._tasks = tasks
        self._waiting = _Waiting()
        self._is_current = False
        self._noted_at = 0.0
        self._gather_s = units.tools.policy.pace.rest.total_seconds() / 4
        self._reactions = Reactions(units, crowd, self, metrics=metrics, nudge=nudge, turn=turn)
        self._heard = metrics.counter("push_events", "Events taken in", ("event",))
        self._lost = metrics.counter("push_events_lost", "Topics of which events were lost")
        depth = metrics.gauge("push_events_waiting", "Events that had no effect yet")
        depth.set_function(lambda: len(self._waiting.events))
        people = metrics.gauge("push_people", "People whose events are heard")
        people.set_function(lambda: len(crowd.people) if self._is_current else 0)

    async def start(self) -> None:
        """Begin to listen; Redis, the database and neighbours may come later."""
        self._tasks.spawn("inbox", self._work(), fatal=True)

    async def stop(self) -> None:
        """Note how far it came; what waits is read again."""
        self._is_current = False

    def trouble(self) -> str | None:
        """Whether what happened while it was down has been read. Nobody waits for that but those
        who are told late.
        """
        return None

    @property
    def is_current(self) -> bool:
        """Whether everything so far was heard."""
        return self._is_current

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """An event, kept if it means anything here."""
        if name_of(record) not in self._reactions.known:
            return
        waiting = self._waiting
        if len(waiting.events) >= _WAITING_MOST:
            # Read from the streams later, as far as they reach.
            waiting.lost.add(topic)
            return
        waiting.events.append((topic, stamp, record))
        waiting.news.set()
        if name_of(record) in _PRESSING:
            waiting.pressing.set()

    def lost(self, topic: Topic) -> None:
        """Something was missed and can not be had: what is known of that place is asked anew."""
        self._lost.inc()
        log.error("events.lost", topic=topic)
        self._waiting.lost.add(topic)
        if topic.startswith("user:"):
            self._waiting.uncounted.add(int(topic.removeprefix("user:")))
        self._waiting.news.set()

    async def _work(self) -> None:
        for topic in (topics.IDENTITY, topics.WATCHED):
            await self._bus.subscribe(topic, self)
        await self._persist(self._begin)
        await self._persist(self._catch_up)
        self._is_current = True
        log.info("inbox.current", people=len(self._crowd.people), guilds=len(self._crowd.rooms))
        while True:
            waiting = self._waiting
            if not (waiting.lost or waiting.events or waiting.uncounted):
                await waiting.news.wait()
                await self._gather()
            waiting.news.clear()
            await self._mend()
            batch = self._next()
            if batch:
                await self._persist(lambda: self._react(batch))  # noqa: B023 - awaited here
            else:
                # What was heard already is counted already.
                await self._recount()

    async def _begin(self) -> None:
        """Everybody who is watched, some at a time."""
        after = 0
        while True:
            async with self._units.reading(NOBODY) as unit:
                page = await actions.people.every(unit, after)
            for start in range(0, len(page), _PEOPLE_AT_ONCE):
                some = page[start : start + _PEOPLE_AT_ONCE]
                await asyncio.gather(*(self._crowd.watch(each, self) for each in some))
            if not page:
                return
            after = int(page[-1].user_id)

    async def _catch_up(self) -> None:
        async with self._units.reading(NOBODY) as unit:
            heard = await actions.hearing.of(unit, EVERYTHING)
        if heard is None:
            return
        every = [topics.IDENTITY, topics.WATCHED, *self._crowd.topics()]
        for start in range(0, len(every), _TOPICS_AT_ONCE):
            some = every[start : start + _TOPICS_AT_ONCE]
            since = max(heard.stamp - _BEFORE_US, 0)
            for batch in await self._missed(some, since, heard.epoch):
                await self._react(batch)

    async def _missed(
        self, some: Sequence[Topic], since: int, epoch: str
    ) -> list[list[tuple[Topic, int, bytes]]]:
        try:
            found = await self._bus.replay(some, since, epoch=epoch or None)
        except ReplayGone as gone:
            self._lost.inc(len(some))
            log.error("events.lost", topics=len(some), reason=str(gone))
            self._waiting.uncounted |= self._crowd.people.keys()
            return []
        known = self._reactions.known
        events = [(t, stamp, record) for t, _, stamp, record in found if name_of(record) in known]
        return [events[start : start + _BATCH] for start in range(0, len(events), _BATCH)]

    async def _mend(self) -> None:
        while self._waiting.lost:
            topic = next(iter(self._waiting.lost))
            await self._persist(lambda: self._crowd.mend(topic, self))  # noqa: B023 - awaited here
            self._waiting.lost.discard(topic)

    async def _gather(self) -> None:
        """Pushes wait for more of the same, so what is heard may: a talk is decided a few times a
        second, however lively it is. A call is not kept waiting.
        """
        pressing = self._waiting.pressing
        try:
            async with asyncio.timeout(self._gather_s):
                await pressing.wait()
        except TimeoutError:
            pass
        pressing.clear()

    async def _recount(self) -> None:
        uncounted = self._waiting.uncounted
        some = [uncounted.pop() for _ in range(min(_PEOPLE_AT_ONCE, len(uncounted)))]
        there = [one for one in some if one in self._crowd.people]
        if there:
            recount = partial(actions.recovering.recount, self._units, self._crowd, there)
            await self._persist(recount)

    def _next(self) -> list[tuple[Topic, int, bytes]]:
        events = self._waiting.events
        return [events.popleft() for _ in range(min(_BATCH, len(events)))]

    async def _react(self, batch: Sequence[tuple[Topic, int, bytes]]) -> None:
        if not batch:
            return
        await self._reactions.take_in([(topic, record) for topic, _, record in batch])
        for _, _, record in batch:
            self._heard.labels(name_of(record)).inc()
        now = self._clock.monotonic()
        if now - self._noted_at >= _NOTED_EVERY_S:
            at = Heard(self._bus.epoch or "", max(stamp for _, stamp, _ in batch))
            async with self._units.open(NOBODY) as unit:
                await actions.hearing.note(unit, EVERYTHING, at)
            self._noted_at = now

    async def _persist(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await work()
            except _AWAY as error:
                log.warning("inbox.postponed", error=repr(error))
                await self._clock.sleep(_AGAIN_S)
