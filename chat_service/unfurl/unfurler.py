"""The service's side: starts the worker when there is something to look at, and ends it when it
rests or does not answer. And what is to be looked at, in order.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import NamedTuple

import orjson

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from chat_service.domain.links import has_links
from contracts.errors import Unavailable
from contracts.wire import JSON

log = logger("unfurl")

ANSWER_WITHIN_S = 20.0
REST_AFTER_S = 60.0
MOST_WAITING = 1_000
_LINE_BYTES = 1 << 20
_ROOT = Path(__file__).parents[2]


class Linked(NamedTuple):
    """A message with links."""

    channel_id: int
    id: int


class Noticed:
    """Messages whose links are to be looked at. Where nobody looks, nothing is kept."""

    def __init__(self, *, is_on: bool) -> None:
        self._is_on = is_on
        self._waiting: asyncio.Queue[Linked] = asyncio.Queue(MOST_WAITING)

    def wants(self, content: str) -> bool:
        """Whether something in a text is to be looked at."""
        return self._is_on and has_links(content)

    def notice(self, channel_id: int, message_id: int, content: str) -> None:
        """A message was stored, or its text changed."""
        if self.wants(content):
            self.remind(channel_id, message_id)

    def remind(self, channel_id: int, message_id: int) -> None:
        """Something in a message is to be looked at. If too many wait, it is found again later."""
        if not self._waiting.full():
            self._waiting.put_nowait(Linked(channel_id, message_id))

    async def next(self) -> Linked:
        """What has waited longest."""
        return await self._waiting.get()


class Unfurler:
    """The worker, if one runs."""

    def __init__(self, inside: str, *, clock: Clock, tasks: Tasks) -> None:
        self._inside = [place.strip() for place in inside.split(",") if place.strip()]
        self._clock = clock
        self._tasks = tasks
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[JSON | None]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._asked = 0.0

    async def look(self, url: str) -> JSON | None:
        """The embed of a link and its picture; None without any. Raises Unavailable."""
        process = await self._running()
        assert process.stdin is not None
        number = next(self._numbers)
        answered: asyncio.Future[JSON | None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        self._asked = self._clock.monotonic()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                process.stdin.write(orjson.dumps({"n": number, "url": url}) + b"\n")
                await process.stdin.drain()
                return await answered
        except (TimeoutError, ConnectionError) as error:
            log.warning("unfurl.silent", error=repr(error))
            self.end()
            raise Unavailable from None
        finally:
            self._waiting.pop(number, None)

    async def rest(self) -> None:
        """End the worker if there was nothing to do for a while."""
        if self._clock.monotonic() - self._asked > REST_AFTER_S:
            self.end()

    def end(self) -> None:
        """End the worker; what it was asked is not answered."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "chat_service.unfurl", *self._inside),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    cwd=_ROOT,
                    # Nothing of ours goes along: no keys, no passwords, no proxies.
                    env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
                    limit=_LINE_BYTES,
                )
                self._tasks.spawn("unfurl.answers", self._listen(self._process))
            return self._process

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while line := await process.stdout.readline():
                said = orjson.loads(line)
                answered = self._waiting.get(said["n"])
                if answered is not None and not answered.done():
                    answered.set_result(said["found"])
        finally:
            self.end()
            await process.wait()
            if process is self._process:
                for waiting in self._waiting.values():
                    if not waiting.done():
                        waiting.set_exception(Unavailable())
