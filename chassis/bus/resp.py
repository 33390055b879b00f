"""One RESP3 connection to Redis, and the loop that keeps one up.

Replies come in the order of the commands, pushes between them where the server put them: on one
connection both tell one history. Nothing is retried here: whoever holds the connection decides.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, cast

import hiredis
from redis.asyncio.connection import SSLConnection, parse_url

from chassis.backoff import delays
from chassis.bus.cursor import Entry
from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.topics import Topic

log = logger("bus")

_DIAL_S = 2.0
_LONG_S = 5.0
"""A connection that held so long earns a quick new try."""
_NOTHING = object()

MOVING = ("ASK ", "TRYAGAIN ")
"""So refusals begin while keys are on their way to another server of a cluster."""
Replied = Callable[[Any], None]
Refused = Callable[[Topic | None], None]


class Connection(asyncio.Protocol):
    """Bytes out, replies and pushes in."""

    def __init__(self, push: Callable[[list[Any]], None]) -> None:
        self._push = push
        self._reader = hiredis.Reader(notEnoughData=_NOTHING)
        self._waiting: deque[Replied] = deque()
        self._calls: set[asyncio.Future[Any]] = set()
        self._transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is none

    def data_received(self, data: bytes) -> None:
        """Hand every whole reply and push to whom it concerns."""
        reader = self._reader
        reader.feed(data)
        while True:
            try:
                reply = reader.gets()
            except hiredis.ProtocolError:
                return self.abort()
            if reply is _NOTHING or self._transport is None:
                return None
            if type(reply) is hiredis.PushNotification:
                self._push(reply)
            elif self._waiting:
                self._waiting.popleft()(reply)
            else:
                return self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the transport, once."""
        self._transport = None
        self._waiting.clear()
        for future in self._calls:
            if not future.done():
                future.set_exception(ConnectionResetError("the connection to Redis broke"))
        if not self.lost.done():
            self.lost.set_result(None)

    def write(self, packed: bytes, replied: Replied | None = None, count: int = 1) -> None:
        """Send commands; `replied` gets each of their `count` replies. SUBSCRIBE has none."""
        if self._transport is None:
            return
        if replied is not None:
            self._waiting.extend([replied] * count)
        self._transport.write(packed)

    async def call(self, *words: str | bytes | int) -> Any:
        """One command and its reply."""
        return (await self.calls([pack(*words)]))[0]

    async def calls(self, commands: Sequence[bytes]) -> list[Any]:
        """Packed commands and all their replies; the first refusal is raised."""
        if self._transport is None:
            raise ConnectionResetError("the connection to Redis broke")
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        replies: list[Any] = []

        def replied(reply: Any) -> None:
            replies.append(reply)
            if len(replies) < len(commands) or future.done():
                return
            refusals = [each for each in replies if isinstance(each, hiredis.ReplyError)]
            if refusals:
                future.set_exception(refusals[0])
            else:
                future.set_result(replies)

        self._calls.add(future)
        try:
            self.write(b"".join(commands), replied, len(commands))
            return await future
        finally:
            self._calls.discard(future)

    def abort(self) -> None:
        """Drop it at once, with whatever is on its way; nothing more is heard of it."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


def pack(*words: str | bytes | int) -> bytes:
    """A command as bytes."""
    packed: bytes = hiredis.pack_command(words)  # type: ignore[arg-type] # its stub: one word
    return packed


def as_entry(raw: Any) -> Entry:
    """An entry of the log as XRANGE gives it: [id, [n, …, i, …, r, …]]."""
    identity, fields = raw
    return int(fields[1]), int(identity.partition(b"-")[0]), fields[5]


async def dial(
    url: str, name: str, push: Callable[[list[Any]], None], *, any_role: bool = False
) -> Connection:
    """Connect to the primary that a URL names, and introduce ourselves; a replica, too, may be
    asked what every server knows.
    """
    target = parse_url(url)
    loop = asyncio.get_running_loop()
    is_secure = target.get("connection_class") is SSLConnection
    connection = Connection(push)
    async with asyncio.timeout(_DIAL_S):
        if "path" in target:
            await loop.create_unix_connection(lambda: connection, target["path"])
        else:
            await loop.create_connection(
                lambda: connection,
                target.get("host", "localhost"),
                target.get("port", 6379),
                ssl=ssl.create_default_context() if is_secure else None,
            )
        try:
            await _greet(connection, dict(target), name, any_role=any_role)
        except BaseException:
            connection.abort()
            raise
    return connection


async def _greet(
    connection: Connection, target: dict[str, Any], name: str, *, any_role: bool
) -> None:
    hello: list[str | bytes | int] = ["HELLO", 3]
    if target.get("password"):
        hello += ["AUTH", target.get("username") or "default", target["password"]]
    about = await connection.call(*hello, "SETNAME", name)
    if about.get(b"role") == b"replica" and not any_role:
        raise ConnectionRefusedError("this Redis is a replica")
    if target.get("db"):
        await connection.call("SELECT", target["db"])


class Holder(Protocol):
    """Who uses the connection that a line keeps up."""

    def push(self, words: list[Any]) -> None:
        """Something that came without being asked for."""

    async def up(self, connection: Connection) -> None:
        """A fresh connection; a failure drops it."""

    def down(self) -> None:
        """It is gone."""

    def tick(self, connection: Connection) -> None:
        """Some time has passed: look after it."""


class Line:
    """Keeps one connection up: dials, hands it over, ticks, and dials again."""

    def __init__(
        self, url: str, name: str, holder: Holder, *, every: float, clock: Clock, tasks: Tasks
    ) -> None:
        self._url = url
        self._name = name
        self._holder = holder
        self._every = every
        self._clock = clock
        self._tasks = tasks
        self._work: asyncio.Task[None] | None = None
        self.is_up = asyncio.Event()

    def start(self) -> None:
        """Begin to dial."""
        self._work = self._tasks.spawn(f"bus.{self._name}", self._run(), fatal=True)

    async def stop(self) -> None:
        """Hang up for good."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _run(self) -> None:
        waits = _waits()
        while True:
            began = self._clock.monotonic()
            try:
                connection = await dial(self._url, self._name, self._holder.push)
            except (OSError, TimeoutError, hiredis.HiredisError) as error:
                log.warning("redis.unreachable", line=self._name, reason=str(error))
            else:
                await self._use(connection)
            if self._clock.monotonic() - began > _LONG_S:
                waits = _waits()
            await self._clock.sleep(next(waits))

    async def _use(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(10 * _DIAL_S):
                await self._holder.up(connection)
            self.is_up.set()
            log.info("redis.connected", line=self._name)
            while not connection.lost.done():
                await asyncio.wait({connection.lost}, timeout=self._every)
                if not connection.lost.done():
                    self._holder.tick(connection)
            log.warning("redis.lost", line=self._name)
        except (OSError, TimeoutError, hiredis.HiredisError) as error:
            log.warning("redis.refused", line=self._name, reason=str(error))
        finally:
            self.is_up.clear()
            connection.abort()
            self._holder.down()


def _waits() -> Iterator[float]:
    return delays(random.random, first=0.05, most=1.0)
