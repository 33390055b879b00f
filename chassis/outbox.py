"""Events beside the change that caused them: stored in its transaction, published after it.

A row holds a record, or a bundle of them for one topic, and is deleted once Redis has confirmed it.
What a crash leaves behind is found: rows of a dead process by any other of the same service, rows
of this process that were committed but never handed over by itself. Records that may have been
published already go out as repeats, so a topic's log has each of them once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.backoff import delays
from chassis.bus import Bus
from chassis.clock import Clock
from chassis.lease import FAILURES, NumberLease
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts.errors import Unavailable
from contracts.topics import Topic

log = logger("outbox")

_SWEEP_EVERY_S = 1.0
_DELETE_EVERY_S = 0.05
_DOUBT_S = 60.0
_LAST_S = 3.0
_PAGE = 100
_VACUUM_EVERY_BYTES = 32 << 20
_MOST_SWEPT = 16_384

_STORE = sa.text("""
INSERT INTO outbox (owner, event_id, topic, record)
SELECT CAST(:owner AS int), event_id, topic, record
FROM unnest(CAST(:event_ids AS bigint[]), CAST(:topics AS text[]), CAST(:records AS bytea[]))
AS t(event_id, topic, record) RETURNING id
""")
_SELECT = "SELECT id, event_id, topic, record FROM outbox WHERE owner = $1 ORDER BY id LIMIT $2"
_NEWEST = "SELECT coalesce(max(id), 0) FROM outbox WHERE owner = $1"
_OTHERS = "SELECT DISTINCT owner FROM outbox WHERE owner <> $1"
_STALE = "SELECT id FROM outbox WHERE owner = $1 AND created < now() - interval '5 s' LIMIT $2"
_DELETE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"
_VACUUM = "VACUUM (SKIP_LOCKED) outbox"

_AWAY = (*FAILURES, Unavailable)


def outbox_table(metadata: sa.MetaData) -> sa.Table:
    """The table, for the schema of a service."""
    return sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("owner", sa.Integer, nullable=False),
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column(
            "created", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
    )


@dataclass(slots=True)
class Pending:
    """An event to be published, or a bundle with the first one's id; `id` is its row's, once it is
    stored.
    """

    topic: Topic
    record: bytes
    event_id: int
    id: int = 0


@dataclass(slots=True)
class _Page:
    """Rows that the sweeper waits for."""

    left: int
    failed: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, is_published: bool) -> None:  # noqa: FBT001 - the whole message
        self.left -= 1
        self.failed += not is_published
        if self.left == 0:
            self.over.set()


class Store(Protocol):
    """Where the table is."""

    @property
    def dsn(self) -> str:
        """How asyncpg reaches it."""


class Outbox:
    """A part of every service that changes rows and tells of it.

    Without a lease given it holds one of its own, for all processes of the same database role.
    """

    name = "outbox"

    def __init__(
        self,
        store: Store | str,
        bus: Bus,
        lease: NumberLease | None = None,
        *,
        clock: Clock,
        tasks: Tasks,
        metrics: Metrics,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        dsn = store if isinstance(store, str) else store.dsn
        self._lease = lease or NumberLease(dsn, clock=clock, tasks=tasks)
        self._owns_lease = lease is None
        self._work: list[asyncio.Task[None]] = []
        # Published, not confirmed yet. Then confirmed, not deleted yet.
        self._on_way: set[int] = set()
        self._finished: set[int] = set()
        self._none_on_way = asyncio.Event()
        self._none_on_way.set()
        self._some_finished = asyncio.Event()
        # While behind, new rows are only stored: the sweeper publishes them in their order.
        self._is_behind = True
        self._passed_over = 0
        self._swept: dict[int, None] = {}
        self._hurry = asyncio.Event()
        self._doubtful_to: int | None = None
        self._doubt_until = 0.0
        self._deleted_bytes = 0
        self._found = metrics.counter("outbox_swept", "Rows published by the sweeper")
        metrics.gauge("outbox_on_way", "Rows not confirmed yet").set_function(
            lambda: len(self._on_way)
        )
        self._lease.on_lost.append(self._doubt)

    @property
    def number(self) -> int:
        """The owner of the rows this process stores."""
        return self._lease.number

    def next_id(self) -> int:
        """A fresh snowflake."""
        return self._lease.next_id()

    def block(self, count: int) -> int:
        """The first of `count` fresh snowflakes in a row."""
        return self._lease.block(count)

    async def start(self) -> None:
        """Begin to sweep; what a predecessor left goes first."""
        if self._owns_lease:
            await self._lease.start()
        self._work = [
            self._tasks.spawn("outbox.sweep", self._sweep_forever(), fatal=True),
            self._tasks.spawn("outbox.delete", self._delete_forever(), fatal=True),
        ]

    async def stop(self) -> None:
        """Wait for what is on its way, then end."""
        with contextlib.suppress(*_AWAY):
            async with asyncio.timeout(_LAST_S if self._bus.is_up else 0):
                await self._none_on_way.wait()
            await self._delete_finished()
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        if self._owns_lease:
            await self._lease.stop()

    def trouble(self) -> str | None:
        """Whether its lease is held; its database and bus say their own."""
        return self._lease.trouble()

    async def store(self, connection: AsyncConnection, events: Sequence[Pending]) -> None:
        """Put events beside the change, in the transaction of the change."""
        rows = await connection.execute(
            _STORE,
            {
                "owner": self.number,
                "event_ids": [event.event_id for event in events],
                "topics": [event.topic for event in events],
                "records": [event.record for event in events],
            },
        )
        for event, row_id in zip(events, rows.scalars(), strict=True):
            event.id = row_id

    def publish(self, events: Iterable[Pending]) -> None:
        """Publish stored events, after the commit, in order. Never blocks, never fails."""
        if self._is_behind:
            self._passed_over += 1
            self._hurry.set()
            return
        is_repeat = not self._lease.is_held or self._clock.monotonic() < self._doubt_until
        for event in events:
            # The sweeper may have seen the commit before its caller did.
            if event.id not in self._swept and event.id not in self._on_way:
                self._send(event, is_repeat=is_repeat)

    def _send(self, event: Pending, *, is_repeat: bool, page: _Page | None = None) -> None:
        self._on_way.add(event.id)
        self._none_on_way.clear()
        done = partial(self._settled, event, page)
        self._bus.publish(event.topic, event.record, event.event_id, done=done, repeat=is_repeat)

    def _settled(self, event: Pending, page: _Page | None, is_published: bool) -> None:  # noqa: FBT001
        self._on_way.discard(event.id)
        if page is not None:
            page.settle(is_published)
        if not self._on_way:
            self._none_on_way.set()
        if is_published:
            self._finished.add(event.id)
            self._deleted_bytes += len(event.record)
            self._some_finished.set()
        else:
            self._fall_behind()

    def _fall_behind(self) -> None:
        self._is_behind = True
        self._hurry.set()

    def _doubt(self) -> None:
        """The lease was lost: others may have taken our rows for a dead process's."""
        self._doubt_until = self._clock.monotonic() + _DOUBT_S
        self._bus.doubt()
        self._doubtful_to = None
        self._fall_behind()

    # Sweeping.

    async def _sweep_forever(self) -> None:
        waits = _waits()
        while True:
            try:
                if self._bus.is_up:
                    await self._sweep()
                    waits = _waits()
            except _AWAY as error:
                log.warning("outbox.not_swept", reason=f"{type(error).__name__}: {error}")
                # However much is committed meanwhile: each row would only ask for another failure.
                await self._clock.sleep(next(waits))
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_EVERY_S):
                    await self._hurry.wait()
            self._hurry.clear()

    async def _sweep(self) -> None:
        if self._is_behind:
            await self._catch_up()
        for row in await self._lease.fetch(_OTHERS, self.number):
            if await self._lease.claim(row["owner"]):
                log.warning("outbox.orphans_found", owner=row["owner"])
                try:
                    while await self._publish_page(row["owner"], doubtful_to=None):
                        pass
                finally:
                    await self._lease.release(row["owner"])
        stale = {row["id"] for row in await self._lease.fetch(_STALE, self.number, _PAGE)}
        if stale - self._on_way - self._finished:
            # Committed, but whoever did it was cancelled before it could publish.
            self._fall_behind()

    async def _catch_up(self) -> None:
        """Publish our own rows in order, until new ones may go straight to the bus again."""
        while self._is_behind:
            await self._none_on_way.wait()
            await self._delete_finished()
            if self._doubtful_to is None:
                # Of a predecessor with our number, or taken by somebody while the lease was lost.
                newest = await self._lease.fetch(_NEWEST, self.number)
                self._doubtful_to = int(newest[0][0])
            passed_over = self._passed_over
            count = await self._publish_page(self.number, doubtful_to=self._doubtful_to)
            if count == 0 and passed_over == self._passed_over:
                self._is_behind = False

    async def _publish_page(self, owner: int, *, doubtful_to: int | None) -> int:
        rows = await self._lease.fetch(_SELECT, owner, _PAGE)
        page = _Page(left=len(rows))
        for row in rows:
            self._remember_swept(row["id"])
            event = Pending(Topic(row["topic"]), row["record"], row["event_id"], row["id"])
            is_repeat = doubtful_to is None or row["id"] <= doubtful_to
            self._send(event, is_repeat=is_repeat, page=page)
        if rows:
            await page.over.wait()
        await self._delete_finished()
        if page.failed:
            raise Unavailable
        self._found.inc(len(rows))
        return len(rows)

    def _remember_swept(self, row_id: int) -> None:
        self._swept[row_id] = None
        if len(self._swept) > _MOST_SWEPT:
            del self._swept[next(iter(self._swept))]

    # Deleting.

    async def _delete_forever(self) -> None:
        while True:
            await self._some_finished.wait()
            await self._clock.sleep(_DELETE_EVERY_S)
            try:
                await self._delete_finished()
            except _AWAY as error:
                log.warning("outbox.not_deleted", reason=f"{type(error).__name__}: {error}")
                await self._clock.sleep(_SWEEP_EVERY_S)

    async def _delete_finished(self) -> None:
        self._some_finished.clear()
        batch = list(self._finished)
        if not batch:
            return
        try:
            await self._lease.fetch(_DELETE, batch)
        except _AWAY:
            self._some_finished.set()
            raise
        self._finished.difference_update(batch)
        if self._deleted_bytes >= _VACUUM_EVERY_BYTES:
            # The sweeper reads the whole table, which is almost empty: keep it small as well.
            self._deleted_bytes = 0
            await self._lease.fetch(_VACUUM)


def _waits() -> Iterator[float]:
    return delays(random.random, first=0.05, most=_SWEEP_EVERY_S)
