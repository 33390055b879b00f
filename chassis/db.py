"""The database of a service: engine, unit of work, and the only commit in the code base.

A unit is one transaction with the events it causes. They are stored with the change, and published
after the commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import asyncpg
import sqlalchemy as sa
from asyncpg import exceptions as refusals
from sqlalchemy import CursorResult, Executable, Row
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis import logs, reason
from chassis.clock import Clock
from chassis.errors import mean_away
from chassis.lease import FAILURES
from chassis.outbox import Outbox, Pending
from chassis.tasks import Tasks
from contracts.events.base import Event, Hearing, Inside
from contracts.identity import Identity
from contracts.topics import Topic

T = TypeVar("T")

_PROBE_EVERY_S = 2.0

mean_away(
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    refusals.PostgresConnectionError,
    refusals.TooManyConnectionsError,
    refusals.AdminShutdownError,
    refusals.CrashShutdownError,
    refusals.CannotConnectNowError,
    refusals.DeadlockDetectedError,
    refusals.LockNotAvailableError,
    refusals.QueryCanceledError,
    PoolTimeoutError,
)


class Database:
    """Two doors to one schema: SQLAlchemy for the governed paths, a bare asyncpg pool for the hot
    ones.
    """

    name = "database"

    def __init__(self, url: str, *, size: int, clock: Clock, tasks: Tasks) -> None:
        self._url: URL = make_url(url)
        self._size = size
        self._clock = clock
        self._tasks = tasks
        self._trouble: str | None = "not reached yet"
        self.engine: AsyncEngine = create_async_engine(
            self._url.set(drivername="postgresql+asyncpg"),
            pool_size=size,
            max_overflow=0,
            pool_timeout=5,
            pool_recycle=300,
            connect_args=_CONNECT,
        )
        sa.event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self.readers = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        """For who only reads: the same connections, one round trip a statement instead of three."""
        self.pool: asyncpg.Pool[asyncpg.Record]

    @property
    def dsn(self) -> str:
        """As asyncpg takes it."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def start(self) -> None:
        """Open the pools; the server may come later."""
        self.pool = await asyncpg.create_pool(
            self.dsn, min_size=0, max_size=self._size, reset=_as_it_is, **_CONNECT
        )
        self._tasks.spawn("database.probe", self._probe(), fatal=True)

    async def stop(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        try:
            async with asyncio.timeout(3):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection beside the pools: whoever asks closes it."""
        return await asyncpg.connect(self.dsn, **_CONNECT)

    def trouble(self) -> str | None:
        """Whether the last probe reached the server."""
        return self._trouble

    async def _probe(self) -> None:
        while True:
            try:
                async with asyncio.timeout(2):
                    await self.pool.fetchval("SELECT 1")
                self._trouble = None
            except FAILURES as error:
                self._trouble = f"database: {type(error).__name__}"
            await self._clock.sleep(0.2 if self._trouble else _PROBE_EVERY_S)


def _refuse_closed(connection: Any, *_: object) -> None:
    """A connection whose server is gone knows it; asking took three round trips for each unit."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


async def _as_it_is(connection: Any) -> None:
    """Each use is one statement that leaves nothing behind; asyncpg would ask for a reset."""
    del connection


_CONNECT: dict[str, Any] = {
    "timeout": 2,
    "command_timeout": 5,
    # JIT makes asyncpg's type introspection take a second per query.
    "server_settings": {"jit": "off", "statement_timeout": "5000", "lock_timeout": "3000"},
}


@dataclass(slots=True)
class Unit(Generic[T]):
    """One transaction on behalf of somebody, with the tools of its service."""

    actor: Identity
    now: datetime
    connection: AsyncConnection
    tools: T
    outbox: Outbox
    writes: bool = True
    reason: str | None = None
    """Why, as the request said."""
    _events: list[tuple[Event, tuple[Topic, ...], Inside | None]] = field(default_factory=list)

    def emit(self, event: Event, *, to: Iterable[Topic] = ()) -> None:
        """Tell everybody, if this unit commits: on these topics, or where it says itself."""
        inside = to.inside if isinstance(to, Hearing) else None
        self._events.append((event, tuple(to) or event.addresses(), inside))

    def new_id(self) -> int:
        """A fresh snowflake."""
        fresh: int = self.outbox.next_id()
        return fresh

    async def all(self, statement: Executable, **values: Any) -> list[Row[Any]]:
        """Every row. `values` are for a statement that was made beforehand."""
        return list(await self._execute(statement, values or None))

    async def one(self, statement: Executable) -> Row[Any] | None:
        """The first row, or None."""
        return (await self._execute(statement)).first()

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        return (await self._execute(statement)).scalar()

    async def run(self, statement: Executable, rows: Sequence[dict[str, Any]] = ()) -> int:
        """How many rows were changed. An insert gets its `rows` here, in one round trip all the
        same: SQLAlchemy keeps no statement that has a list of rows in it, and makes it anew.
        """
        return int((await self._execute(statement, rows or None)).rowcount)

    async def _execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        if statement.is_dml and not self.writes:
            raise RuntimeError("a reading unit writes nothing")
        return await self.connection.execute(statement, values)

    async def store_events(self) -> list[Pending]:
        """Put the events beside the change, in order."""
        if not self._events:
            return []
        trace = logs.request_id.get()
        pending: list[Pending] = []
        for event, topics, inside in self._events:
            event_id = self.new_id()
            record = event.record(event_id, trace, inside)
            pending += [Pending(topic, record, event_id) for topic in topics]
        await self.outbox.store(self.connection, pending)
        return pending


class Units(Generic[T]):
    """Opens units. The door does it explicitly, so that the commit is over before the reply is
    built.
    """

    def __init__(self, database: Database, outbox: Outbox, clock: Clock, tools: T) -> None:
        self._database = database
        self._outbox = outbox
        self.clock = clock
        self.tools = tools

    @asynccontextmanager
    async def open(self, actor: Identity) -> AsyncIterator[Unit[T]]:
        """A unit that commits when the block ends well, and rolls back otherwise."""
        async with self._database.engine.begin() as connection:
            unit = Unit(actor, self.clock.now(), connection, self.tools, self._outbox)
            unit.reason = reason.current.get()
            yield unit
            pending = await unit.store_events()
        self._outbox.publish(pending)

    @asynccontextmanager
    async def reading(self, actor: Identity) -> AsyncIterator[Unit[T]]:
        """A unit that may only read."""
        async with self._database.readers.connect() as connection:
            yield Unit(actor, self.clock.now(), connection, self.tools, self._outbox, writes=False)
