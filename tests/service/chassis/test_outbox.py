"""The outbox and the leases on real servers: every committed event is in the log once, in order."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateTable

from chassis.bus import Bus
from chassis.clock import SystemClock
from chassis.lease import DATABASE_NUMBERS, REDIS_NUMBERS, NumberLease, RedisNumberLease
from chassis.metrics import Metrics
from chassis.outbox import Outbox, Pending, outbox_table
from chassis.tasks import Tasks
from contracts import topics
from contracts.topics import Topic
from tests.fixtures.buses import Heard, NewBus
from tests.fixtures.patience import PATIENCE, until
from tests.fixtures.postgres import Database, Fresh
from tests.fixtures.proxy import proxied
from tests.fixtures.redis import RedisServer
from tests.service.chassis.outbox_process import INSERT

T = topics.guild(1)
FAREWELL = b"E\0\0\0\x18SFATAL\0C57P01\0Mbye\0\0"
"""What PostgreSQL says to a connection that is terminated, before it closes it."""
ROOT = Path(__file__).parents[3]
DOOMED = Path(__file__).with_name("outbox_process.py")


@dataclass
class Process:
    """The parts of one process that tells events."""

    bus: Bus
    outbox: Outbox
    pool: asyncpg.Pool[asyncpg.Record]
    tasks: Tasks

    async def commit(self, texts: Sequence[bytes], topic: Topic = T) -> list[Pending]:
        """Store events; the transaction is over when this returns, nothing is published."""
        events = [Pending(topic, text, self.outbox.next_id()) for text in texts]
        rows = await self.pool.fetch(
            INSERT,
            self.outbox.number,
            [event.event_id for event in events],
            [event.topic for event in events],
            [event.record for event in events],
        )
        for event, row in zip(events, rows, strict=True):
            event.id = row["id"]
        return events

    async def tell(self, texts: Sequence[bytes]) -> None:
        self.outbox.publish(await self.commit(texts))

    async def rows(self) -> int:
        return int(await self.pool.fetchval("SELECT count(*) FROM outbox"))


@pytest.fixture
async def schema(database: Database) -> Fresh:
    """A schema with an outbox in it."""
    fresh = await database("")
    table = outbox_table(sa.MetaData())
    connection = await asyncpg.connect(fresh.url)
    await connection.execute(str(CreateTable(table).compile(dialect=postgresql.dialect())))
    await connection.close()
    return fresh


NewProcess = Callable[[], Awaitable[Process]]


@pytest.fixture
async def new_process(schema: Fresh, new_bus: NewBus) -> AsyncIterator[NewProcess]:
    made: list[Process] = []

    async def start() -> Process:
        tasks, bus = Tasks(), await new_bus()
        outbox = Outbox(schema.url, bus, clock=SystemClock(), tasks=tasks, metrics=Metrics())
        pool = await asyncpg.create_pool(schema.url, min_size=0, max_size=4)
        made.append(Process(bus, outbox, pool, tasks))
        await outbox.start()
        return made[-1]

    yield start
    for process in made:
        await process.outbox.stop()
        await process.tasks.cancel()
        await process.pool.close()


@pytest.fixture
async def heard(new_bus: NewBus) -> Heard:
    listener, bus = Heard(), await new_bus()
    await bus.subscribe(T, listener)
    return listener


def texts(count: int, first: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(first, first + count)]


async def logged(process: Process) -> list[bytes]:
    return [record for _, _, _, record in await process.bus.replay([T], 0)]


async def until_empty(process: Process) -> None:
    """Wait for the deleter and the sweeper."""
    await until(process.rows, lambda rows: not rows)


async def doomed(url: str, dsn: str, stored: int, published: int) -> int:
    """Run a process that dies with this many events committed and so many of them published."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(DOOMED), url, dsn, str(stored), str(published)),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    async with asyncio.timeout(PATIENCE):
        said, _ = await process.communicate()
    assert process.returncode == -9
    return int(said)


class TestTelling:
    async def test_publishes_in_order_and_deletes(
        self, new_process: NewProcess, heard: Heard
    ) -> None:
        process = await new_process()
        for batch in range(10):
            await process.tell(texts(30, 30 * batch))
        await heard.count(300)
        assert heard.records == texts(300)
        await until_empty(process)
        assert await logged(process) == texts(300)

    async def test_stores_through_sqlalchemy_in_the_callers_transaction(
        self, schema: Fresh, new_process: NewProcess, heard: Heard
    ) -> None:
        process = await new_process()
        engine = create_async_engine(schema.url.replace("postgresql", "postgresql+asyncpg"))
        events = [Pending(T, text, process.outbox.next_id()) for text in texts(3)]
        async with engine.connect() as connection:
            await process.outbox.store(connection, events)
            await connection.rollback()
        assert await process.rows() == 0
        async with engine.begin() as connection:
            await process.outbox.store(connection, events)
        process.outbox.publish(events)
        await heard.count(3)
        assert heard.records == texts(3)
        assert len({event.id for event in events}) == 3
        await engine.dispose()

    async def test_what_is_committed_while_redis_is_away_is_told_when_it_is_back(
        self, new_process: NewProcess, redis_server: RedisServer, heard: Heard
    ) -> None:
        process = await new_process()
        await process.tell(texts(5))
        await heard.count(5)
        redis_server.kill()
        await process.tell(texts(20, 5))
        assert await process.rows() >= 20
        redis_server.start()
        await process.tell(texts(5, 25))
        await heard.until(lambda h: b"29" in h.records)
        assert heard.records == texts(30)
        await until_empty(process)
        assert await logged(process) == texts(30)

    async def test_a_process_that_starts_without_redis_tells_everything_later(
        self, new_bus: NewBus, schema: Fresh, redis_server: RedisServer, heard: Heard
    ) -> None:
        redis_server.kill()
        tasks, bus = Tasks(), await new_bus(within=0)
        outbox = Outbox(schema.url, bus, clock=SystemClock(), tasks=tasks, metrics=Metrics())
        await outbox.start()
        pool = await asyncpg.create_pool(schema.url, min_size=0, max_size=2)
        process = Process(bus, outbox, pool, tasks)
        await process.tell(texts(3))
        redis_server.start()
        await heard.count(3)
        await process.tell(texts(3, 3))
        await heard.count(6)
        assert heard.records == texts(6)
        await outbox.stop()
        await tasks.cancel()
        await pool.close()

    async def test_a_committed_event_that_nobody_published_is_found(
        self, new_process: NewProcess, heard: Heard
    ) -> None:
        """Its request was cancelled between the commit and the publish."""
        process = await new_process()
        await process.commit(texts(2))
        await process.pool.execute("UPDATE outbox SET created = created - interval '1 minute'")
        await heard.count(2)
        assert heard.records == texts(2)
        await until_empty(process)

    async def test_a_caller_slower_than_the_sweeper_does_not_tell_twice(
        self, new_process: NewProcess, heard: Heard
    ) -> None:
        process = await new_process()
        events = await process.commit(texts(2))
        await process.pool.execute("UPDATE outbox SET created = created - interval '1 minute'")
        await heard.count(2)
        await until_empty(process)
        process.outbox.publish(events)
        await process.tell([b"last"])
        await heard.until(lambda h: b"last" in h.records)
        assert heard.records == [*texts(2), b"last"]

    async def test_the_last_word_of_a_server_that_goes_ends_nothing(
        self, schema: Fresh, new_bus: NewBus, heard: Heard
    ) -> None:
        """Whoever is asked something between the server's farewell and the end of the connection
        answers with an error of another kind than all others; it ended the sweeper, and what was
        committed from then on was never told.
        """
        parts, tasks, bus = urlsplit(schema.url), Tasks(), await new_bus()
        assert parts.port is not None
        async with proxied(parts.port) as proxy:
            dsn = schema.url.replace(f":{parts.port}/", f":{proxy.port}/")
            outbox = Outbox(dsn, bus, clock=SystemClock(), tasks=tasks, metrics=Metrics())
            pool = await asyncpg.create_pool(schema.url, min_size=0, max_size=2)
            await outbox.start()
            process = Process(bus, outbox, pool, tasks)
            proxy.interject(FAREWELL)
            await process.tell(texts(2))
            await heard.count(2)
            await process.commit(texts(2, 2))
            await pool.execute("UPDATE outbox SET created = created - interval '1 minute'")
            await heard.count(4)
            await until_empty(process)
            assert heard.records == texts(4)
            await outbox.stop()
            await tasks.cancel()
            await pool.close()


class TestSweeping:
    @pytest.mark.parametrize("published", [0, 7, 20])
    async def test_a_dead_process_is_finished_by_another_once_and_in_order(
        self,
        new_process: NewProcess,
        schema: Fresh,
        redis_url: str,
        heard: Heard,
        published: int,
    ) -> None:
        alive = await new_process()
        number = await doomed(redis_url, schema.url, 20, published)
        assert number != alive.outbox.number
        await heard.count(20)
        await until_empty(alive)
        assert heard.records == texts(20)
        assert await logged(alive) == texts(20)

    async def test_a_dead_process_is_finished_by_its_successor(
        self, new_process: NewProcess, schema: Fresh, redis_url: str, heard: Heard
    ) -> None:
        await doomed(redis_url, schema.url, 20, 5)
        successor = await new_process()
        await successor.tell([b"new"])
        await heard.count(21)
        await until_empty(successor)
        assert sorted(await logged(successor)) == sorted([*texts(20), b"new"])

    async def test_the_number_of_the_dead_in_another_service_hides_nothing(
        self, new_process: NewProcess, schema: Fresh, redis_url: str, heard: Heard
    ) -> None:
        """Numbers are shared by all services, but each looks after its own rows only."""
        alive = await new_process()
        number = await doomed(redis_url, schema.url, 3, 0)
        other = await asyncpg.connect(schema.url_of("user"))
        await other.execute(f"SELECT pg_advisory_lock({0x4D4F494D}, {number})")
        await heard.count(3)
        await until_empty(alive)
        await other.close()

    async def test_a_lost_lease_doubles_nothing(
        self, new_process: NewProcess, schema: Fresh, heard: Heard
    ) -> None:
        first, second = await new_process(), await new_process()
        admin = await asyncpg.connect(schema.admin_url)
        for batch in range(5):
            await first.tell(texts(40, 40 * batch))
            await second.tell([b"x"])
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks "
                "WHERE locktype = 'advisory' AND classid = $1::oid",
                0x4D4F494D,
            )
            await first.tell(texts(0))
        await admin.close()
        await heard.count(205)
        await until_empty(first)
        ours = [record for record in await logged(first) if record != b"x"]
        assert ours == texts(200)
        assert len(heard.events) == 205


class TestNumbers:
    async def test_are_unique_and_come_back_after_a_break(self, schema: Fresh) -> None:
        tasks = Tasks()
        leases = [
            NumberLease(schema.url, scope=scope, clock=SystemClock(), tasks=tasks)
            for scope in ("chat", "chat", "user")
        ]
        for lease in leases:
            await lease.start()
        numbers = [lease.number for lease in leases]
        assert len(set(numbers)) == 3
        assert set(numbers) <= set(DATABASE_NUMBERS)
        lost = asyncio.Event()
        leases[0].on_lost.append(lost.set)
        admin = await asyncpg.connect(schema.admin_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = $1::oid", numbers[0]
        )
        await admin.close()
        async with asyncio.timeout(PATIENCE):
            await lost.wait()
            while leases[0].trouble() is not None:
                await asyncio.wait({leases[0]._work}, timeout=0.01)  # type: ignore[type-var]
        assert leases[0].number == numbers[0]
        assert leases[0].next_id() < leases[0].next_id()
        for lease in leases:
            await lease.stop()
        await tasks.cancel()

    async def test_blocks_are_in_a_row_and_nobody_elses(self, schema: Fresh) -> None:
        tasks = Tasks()
        lease = NumberLease(schema.url, clock=SystemClock(), tasks=tasks)
        await lease.start()
        seen: set[int] = set()
        for count in (1, 4_096, 7, 4_000, 500, 1):
            first = lease.block(count)
            ids = {*range(first, first + count), lease.next_id()}
            assert not ids & seen
            assert len({one >> 12 & 1023 for one in ids}) == 1
            seen |= ids
        await lease.stop()
        await tasks.cancel()

    async def test_from_redis_are_unique_and_survive_its_loss_of_data(
        self, new_bus: NewBus, redis_server: RedisServer
    ) -> None:
        tasks, bus = Tasks(), await new_bus()
        leases = [
            RedisNumberLease(bus.commands, clock=SystemClock(), tasks=tasks) for _ in range(3)
        ]
        for lease in leases:
            await lease.start()
        numbers = [lease.number for lease in leases]
        assert len(set(numbers)) == 3
        assert set(numbers) <= set(REDIS_NUMBERS)
        redis_server.command("FLUSHALL")
        assert [await lease._renew(lease.number) for lease in leases] == [True] * 3
        assert not await leases[0]._renew(numbers[1])
        for lease in leases:
            await lease.stop()
        await tasks.cancel()
