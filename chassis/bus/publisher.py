"""Records on their way to one server: one queue, one connection, so that their order is kept.

Never blocks. What a loop turn publishes goes out in one write, neighbours of one topic in one call,
a bundle of records always in one.
When a connection breaks, the outcome of what was on its way is unknown: the server is made to
forget the old connection, and the same records go first on the next one, marked as repeats. An
entry that the log has already keeps its number; one that it lacks gets the next. The mark carries
the newest stamp that had been confirmed before the first try, so the search is short and needs no
clock of ours. A search may still cost Redis, which does nothing else meanwhile, as much as a
thousand records: neighbours share one, and one is under way at a time.

A server of a cluster may die with what it has confirmed. There a record counts as published when a
replica has it too, or none can be had.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from chassis.bus.meters import Meters
from chassis.bus.resp import MOVING, Connection, Refused, pack
from chassis.bus.script import Script, call
from chassis.clock import Clock
from chassis.logs import logger
from contracts.events.base import BETWEEN, id_of
from contracts.topics import Topic

log = logger("bus")

Done = Callable[[bool], None]

MOST_QUEUED = 50_000
QUESTIONS = 3
"""So many unanswered ones mean that a connection is dead."""
_MOST_ON_WAY = 1_024
_MOST_TOGETHER = 64
_MOST_TOGETHER_BYTES = 128 << 10
_MOST_OPENINGS = 10_000
_SKEW_US = 30_000_000
"""By how much the clocks of whoever makes ids and of Redis may differ."""
_EVERYWHERE = 1
"""As a stamp: look through the whole log."""
_REPLICATED = pack("WAIT", 1, 250)
_WITHOUT_REPLICA_S = 5.0
_HOPELESS = ("ERR", "WRONGTYPE")
"""Replies to one record that no other try would change."""


class Item:
    """One record on its way, or one bundle."""

    __slots__ = ("after", "count", "done", "event_id", "is_ephemeral", "record", "topic")

    def __init__(self, topic: Topic, record: bytes, event_id: int, done: Done | None) -> None:
        self.topic = topic
        self.record = record
        self.event_id = event_id
        self.done = done
        self.count = record.count(BETWEEN) + 1
        self.is_ephemeral = False
        self.after: int | None = None

    def mark_repeat(self) -> None:
        """It may have been published before, but not before its id was made."""
        if self.after is None:
            made = (self.event_id >> 22) * 1_000
            self.after = max(_EVERYWHERE, made - _SKEW_US)

    def records(self) -> list[tuple[bytes, bytes]]:
        """Each record after the id of its event."""
        if self.count == 1:
            return [(b"%d" % self.event_id, self.record)]
        return [(id_of(record), record) for record in self.record.split(BETWEEN)]

    def settle(self, is_published: bool) -> None:  # noqa: FBT001 - the whole message
        """Say how it ended."""
        if self.done is not None:
            self.done(is_published)


class Publisher:
    """The sending half of the bus; holder of a line."""

    def __init__(
        self,
        script: Script,
        *,
        clock: Clock,
        meters: Meters,
        refused: Refused = lambda topic: None,
    ) -> None:
        self._clock = clock
        self._meters = meters
        self._refused = refused
        self._is_sharded = script.is_sharded
        self._unsure: deque[list[Item]] = deque()
        self._waits = 0
        self._waits_from = 0.0
        self._script = script
        self._connection: Connection | None = None
        self._former: tuple[int, str] | None = None
        self._queue: deque[Item] = deque()
        self._on_way: deque[list[Item]] = deque()
        self._many = self._many_on_way = 0
        self._searching: list[Item] | None = None
        self._is_due = False
        self._openings: dict[Topic, bytes] = {}
        self._confirmed = 0
        self._stamp = _EVERYWHERE
        self._unanswered = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return self._many

    @property
    def connection(self) -> Connection | None:
        """For reading too: unlike a subscriber's, its replies may be large."""
        return self._connection

    @property
    def is_up(self) -> bool:
        """Whether Redis takes records now."""
        return self._connection is not None

    def publish(self, item: Item) -> None:
        """Send this after everything published before it."""
        if item.is_ephemeral and self._connection is None:
            return self._drop(item, "ephemeral")
        if self._many >= MOST_QUEUED:
            return self._drop(item, "ephemeral" if item.is_ephemeral else "overload")
        self.take_in(item)
        return None

    def doubt(self) -> None:
        """Mark all that waits as repeats: somebody else may publish the same."""
        for item in self._queue:
            item.mark_repeat()

    async def drained(self) -> None:
        """Wait until nothing is on its way."""
        await self._idle.wait()

    def give_up(self) -> None:
        """At the end of the process: what is left is left to the outbox."""
        for item in (*self._take_back(), *self._queue):
            item.settle(False)
        self._queue.clear()
        self._many = 0

    def succeed(self, other: Publisher) -> None:
        """Speak to the same server in its place: what it had sent must not arrive later."""
        self._former = other._former

    def cede(self, is_elsewhere: Callable[[Topic], bool]) -> list[Item]:
        """What waits here for topics that are another server's now, in order."""
        if any(is_elsewhere(group[0].topic) for group in (*self._unsure, *self._on_way)):
            # What is on its way must not arrive after what that server is told from now on.
            if self._connection is not None:
                self._connection.abort()
            self.down()
        ceded = [item for item in self._queue if is_elsewhere(item.topic)]
        if ceded:
            self._queue = deque(item for item in self._queue if not is_elsewhere(item.topic))
            self._many -= _count(ceded)
            self._look_idle()
        return ceded

    def take_in(self, ceded: Item) -> None:
        """Send what another server was to be told."""
        self._many += ceded.count
        self._queue.append(ceded)
        self._idle.clear()
        self._schedule()

    # Holder of a line.

    def push(self, words: list[Any]) -> None:
        """Nothing is subscribed here."""

    async def up(self, connection: Connection) -> None:
        """Load the script, silence the former connection, send what waits."""
        await connection.call("SCRIPT", "LOAD", self._script.text)
        about = (await connection.call("CLIENT", "INFO")).decode()
        if self._former is not None:
            # Commands sent on it might still arrive, after their repeats.
            number, address = self._former
            await connection.call("CLIENT", "KILL", "ID", number, "ADDR", address)
        fields = dict(field.partition("=")[::2] for field in about.split())
        self._former = int(fields["id"]), fields["addr"]
        self._connection = connection
        self._unanswered = 0
        self._flush()

    def down(self) -> None:
        """Put back, in front and in order, what was on its way."""
        self._connection, self._searching = None, None
        self._count()
        for item in reversed(self._take_back()):
            if item.is_ephemeral:
                self._many -= item.count
                self._drop(item, "ephemeral")
            else:
                self._queue.appendleft(item)
        self._look_idle()

    def tick(self, connection: Connection) -> None:
        """Ask for a sign of life; none for long means that the connection is dead."""
        self._count()
        # By questions, not by the clock: it goes on while this process stands still.
        if self._unanswered >= QUESTIONS:
            log.warning("redis.silent", line="publisher")
            return connection.abort()
        self._unanswered += 1
        return connection.write(b"*1\r\n$4\r\nPING\r\n", self._alive)

    # The way of a record.

    def _schedule(self) -> None:
        if not self._is_due and self._connection is not None:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._is_due = False
        if self._connection is None:
            return
        packed = []
        # Topics of one server share its stamps; those of a cluster only its clock.
        known = max(_EVERYWHERE, self._stamp - _SKEW_US) if self._is_sharded else self._stamp
        while self._queue and self._searching is None and self._many_on_way < _MOST_ON_WAY:
            group = self._next_group()
            self._on_way.append(group)
            self._many_on_way += _count(group)
            opening, after = self._opening(group[0].topic), _first(group)
            records = [record for item in group for record in item.records()]
            packed.append(call(opening, records, b"" if after is None else b"%d" % after))
            if after is not None:
                self._searching = group
                break
            for item in group:
                item.after = known
        if packed:
            self._connection.write(b"".join(packed), self._replied, len(packed))
            if self._is_sharded and self._clock.monotonic() >= self._waits_from:
                self._waits += 1
                self._connection.write(_REPLICATED, self._replicated)

    def _next_group(self) -> list[Item]:
        """What may share a call: neighbours of one topic, all of them repeats or none."""
        first = self._queue.popleft()
        group, size, is_repeat = [first], len(first.record), first.after is not None
        many = first.count
        while self._queue:
            item = self._queue[0]
            size += len(item.record)
            many += item.count
            is_alike = item.topic == first.topic and (item.after is not None) is is_repeat
            if not is_alike or size > _MOST_TOGETHER_BYTES or many > _MOST_TOGETHER:
                break
            group.append(self._queue.popleft())
        return group

    def _opening(self, topic: Topic) -> bytes:
        opening = self._openings.get(topic)
        if opening is None:
            if len(self._openings) >= _MOST_OPENINGS:
                self._openings.clear()
            opening = self._openings[topic] = self._script.opening(topic)
        return opening

    def _alive(self, reply: Any) -> None:
        self._unanswered = 0

    def _take_back(self) -> list[Item]:
        """All whose outcome is unknown, in order."""
        groups = (*self._unsure, *self._on_way)
        self._unsure.clear()
        self._on_way.clear()
        self._many_on_way = self._waits = 0
        return list(chain.from_iterable(groups))

    def _replied(self, reply: Any) -> None:
        group = self._on_way.popleft()
        if group is self._searching:
            self._searching = None
        if type(reply) is list:
            self._stamp = max(self._stamp, reply[1])
            self._confirmed += _count(group)
            if self._waits:
                # Of this write or of a later one: what it tells holds for this group too.
                self._unsure.append(group)
            else:
                self._settle(group)
        elif str(reply).startswith(_HOPELESS):
            # No other try would change it, and all that come after would wait behind it.
            log.error("publish.refused", topic=group[0].topic, reason=str(reply))
            self._meters.dropped.labels("refused").inc(_count(group))
            self._settle(group)
        elif str(reply).startswith(MOVING):
            self._many_on_way -= _count(group)
            self._queue.extendleft(reversed(group))
            self._refused(group[0].topic)
        else:
            # Not executed: script unknown, data loading, memory full, failover under way.
            log.warning("publish.postponed", reason=str(reply))
            self._on_way.appendleft(group)
            if self._connection is not None:
                self._connection.abort()
            self._refused(None)
            return
        if self._queue:
            self._schedule()
        else:
            self._look_idle()

    def _settle(self, group: list[Item]) -> None:
        many = _count(group)
        self._many_on_way -= many
        self._many -= many
        for item in group:
            item.settle(True)

    def _replicated(self, reply: Any) -> None:
        """How many replicas have all that was confirmed so far."""
        self._waits -= 1
        if type(reply) is not int or reply < 1:
            # There is none, or it lags: nobody is kept waiting for it for a while.
            self._waits_from = self._clock.monotonic() + _WITHOUT_REPLICA_S
            self._meters.unreplicated.inc(sum(map(_count, self._unsure)))
        while self._unsure:
            self._settle(self._unsure.popleft())
        # There is room again, and perhaps nothing else will come to set going what waits for it.
        self._schedule()
        self._look_idle()

    def _count(self) -> None:
        # Not per record: a counter's lock costs as much as the reply.
        self._meters.published.inc(self._confirmed)
        self._confirmed = 0

    def _look_idle(self) -> None:
        if not self._on_way and not self._queue and not self._unsure:
            self._idle.set()

    def _drop(self, item: Item, why: str) -> None:
        self._meters.dropped.labels(why).inc(item.count)
        item.settle(False)


def _count(items: Iterable[Item]) -> int:
    return sum(item.count for item in items)


def _first(group: list[Item]) -> int | None:
    """Where the look for these begins, if they are repeats."""
    if group[0].after is None:
        return None
    return min(item.after for item in group if item.after is not None)
