"""Numbers of their own for processes: whoever holds one makes ids with it, and no other does.

A process with a database holds its number by an advisory lock, unique over every service of that
database and gone with its connection; one without holds it by a key in Redis that it renews. The
two kinds have separate ranges.
"""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chassis.backoff import delays
from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts import topics
from contracts.errors import Unavailable
from contracts.ids import SnowflakeGenerator

log = logger("lease")

DATABASE_NUMBERS = range(512)
REDIS_NUMBERS = range(512, 1024)

_FIRST_S = 2.0
_LOOK_EVERY_S = 5.0
_LOCK = 0x4D4F494D
_TTL_MS = 30_000
_RENEW_EVERY_S = 8.0

_TAKEN = """
SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = $1::oid
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_TRY = "SELECT pg_try_advisory_lock($1, $2)"
_RELEASE = "SELECT pg_advisory_unlock($1, $2)"
# Also takes a key back that was lost with the data of Redis.
_RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

FAILURES = (
    *(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError),
    asyncpg.InternalClientError,  # between the server's farewell and the end of the connection
)
"""How work on a connection fails while the database is away."""

Rows = list[asyncpg.Record]


class _Numbered:
    """A number, once there is one, and the ids made with it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._generator: SnowflakeGenerator | None = None
        self._first = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self.is_held = False

    @property
    def number(self) -> int:
        """The number; Unavailable before the first. It is kept while a lost lease is regained."""
        return self._ids().number

    def next_id(self) -> int:
        """A fresh snowflake."""
        return self._ids().next(self._clock.now_ms())

    def block(self, count: int) -> int:
        """The first of `count` fresh snowflakes in a row."""
        return self._ids().block(self._clock.now_ms(), count)

    def trouble(self) -> str | None:
        """Whether the number is ours for certain."""
        return None if self.is_held else "no number leased"

    async def stop(self) -> None:
        """Let the number go: a lock at once, a key when it expires."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    def _ids(self) -> SnowflakeGenerator:
        if self._generator is None:
            raise Unavailable
        return self._generator

    def _take(self, number: int) -> None:
        if self._generator is None or self._generator.number != number:
            self._generator = SnowflakeGenerator(number)
        self.is_held = True
        self._first.set()
        log.info("number.leased", number=number)

    async def _wait_a_moment(self) -> None:
        try:
            async with asyncio.timeout(_FIRST_S):
                await self._first.wait()
        except TimeoutError:
            log.warning("number.not_leased")


class NumberLease(_Numbered):
    """A number held by an advisory lock, on a connection that serves the outbox besides.

    A second lock, of the scope, says that this process tends the outbox rows of its number. The
    scope is the service, by default its database role: the number of a dead process may belong to
    another service by the time its rows are found, and that one never tends them.
    """

    name = "lease"

    def __init__(self, dsn: str, *, scope: str = "", clock: Clock, tasks: Tasks) -> None:
        super().__init__(clock)
        self._dsn = dsn
        scope = scope or urlsplit(dsn).username or ""
        self._scope = zlib.crc32(scope.encode()) & 0x7FFFFFFF
        self._tasks = tasks
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        # Guards the connection, which takes one statement at a time.
        self._turn = asyncio.Lock()
        self.on_lost: list[Callable[[], None]] = []

    async def start(self) -> None:
        """Look for a number; wait a moment for it."""
        self._work = self._tasks.spawn("lease.keep", self._keep(), fatal=True)
        await self._wait_a_moment()

    async def claim(self, owner: int) -> bool:
        """Take over the rows of a process, if it is dead and nobody else does."""
        return await self._try(_TRY, self._scope, owner)

    async def release(self, owner: int) -> None:
        """Its rows are done."""
        await self._try(_RELEASE, self._scope, owner)

    async def fetch(self, statement: str, *values: Any) -> Rows:
        """A statement on the lease's own connection, which commits without waiting for a disk."""
        async with self._turn:
            if self._connection is None:
                raise ConnectionResetError("the lease is lost")
            return list(await self._connection.fetch(statement, *values))

    async def _keep(self) -> None:
        waits = delays(random.random, first=0.05, most=1.0)
        while True:
            try:
                await self._hold()
            except FAILURES as error:
                log.warning("lease.lost", reason=f"{type(error).__name__}: {error}")
            await self._clock.sleep(next(waits))

    async def _hold(self) -> None:
        """Hold a number until the connection breaks."""
        connection = await asyncpg.connect(
            self._dsn,
            timeout=2,
            command_timeout=5,
            server_settings={
                "jit": "off",
                "synchronous_commit": "off",
                # The server has to notice soon that this machine is gone, and drop its locks.
                "tcp_keepalives_idle": "5",
                "tcp_keepalives_interval": "2",
                "tcp_keepalives_count": "3",
            },
        )
        broken = asyncio.Event()
        connection.add_termination_listener(lambda _: broken.set())
        self._connection = connection
        try:
            self._take(await self._find())
            while not broken.is_set():
                try:
                    async with asyncio.timeout(_LOOK_EVERY_S):
                        await broken.wait()
                except TimeoutError:
                    await self.fetch("SELECT 1")
        finally:
            self._connection = None
            connection.terminate()
            was_held, self.is_held = self.is_held, False
            for tell in self.on_lost if was_held else ():
                tell()

    async def _find(self) -> int:
        taken = {row[0] for row in await self.fetch(_TAKEN, _LOCK)}
        free = [number for number in DATABASE_NUMBERS if number not in taken]
        # By chance, so that a number rests after its holder's death: clocks may differ a little.
        random.shuffle(free)
        if self._generator is not None and self._generator.number in free:
            free.insert(0, self._generator.number)
        for number in free:
            if await self._try(_TRY, _LOCK, number):
                if await self._try(_TRY, self._scope, number):
                    return number
                await self._try(_RELEASE, _LOCK, number)
        raise TimeoutError("every number is taken")

    async def _try(self, statement: str, group: int, number: int) -> bool:
        return bool((await self.fetch(statement, group, number))[0][0])


class RedisNumberLease(_Numbered):
    """A number held by a key that expires unless it is renewed."""

    name = "lease"

    def __init__(self, commands: Redis, *, clock: Clock, tasks: Tasks) -> None:
        super().__init__(clock)
        self._commands = commands
        self._tasks = tasks
        self._token = uuid4().hex

    async def start(self) -> None:
        """Look for a number; wait a moment for it."""
        self._work = self._tasks.spawn("lease.keep", self._keep(), fatal=True)
        await self._wait_a_moment()

    async def _keep(self) -> None:
        while True:
            try:
                if self._generator is None or not await self._renew(self._generator.number):
                    self.is_held = False
                    self._take(await self._find())
                self.is_held = True
            except (RedisError, OSError, TimeoutError) as error:
                self.is_held = False
                log.warning("lease.not_renewed", reason=f"{type(error).__name__}: {error}")
            await self._clock.sleep(_RENEW_EVERY_S if self.is_held else 0.5)

    async def _renew(self, number: int) -> bool:
        key = topics.number_key(number)
        return bool(await self._commands.eval(_RENEW, 1, key, self._token, str(_TTL_MS)))

    async def _find(self) -> int:
        for number in random.sample(REDIS_NUMBERS, len(REDIS_NUMBERS)):
            key = topics.number_key(number)
            if await self._commands.set(key, self._token, nx=True, px=_TTL_MS):
                return number
        raise TimeoutError("every number is taken")
