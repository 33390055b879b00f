"""Where somebody is who is known by name."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TypeVar

from chassis.tasks import Tasks

P = TypeVar("P", bound=asyncio.BaseProtocol)
Found = list[str] | OSError


class Named:
    """A host and its port. The name is asked for once at a time, and the question outlives whoever
    asked: a resolver may take ten seconds to say that somebody is away, and the few threads that
    wait for it are everybody's.
    """

    def __init__(self, host: str, port: int, tasks: Tasks) -> None:
        self._host = host
        self._port = port
        self._tasks = tasks
        self._lookup: asyncio.Task[Found] | None = None

    async def connect(self, protocol: Callable[[], P]) -> P:
        """Connect to the first of its addresses that takes it."""
        loop = asyncio.get_running_loop()
        found = await self._addresses()
        if isinstance(found, OSError):
            raise found
        for host in found[:-1]:
            try:
                return (await loop.create_connection(protocol, host, self._port))[1]
            except OSError:
                continue
        return (await loop.create_connection(protocol, found[-1], self._port))[1]

    async def _addresses(self) -> Found:
        if self._lookup is None or self._lookup.done():
            self._lookup = self._tasks.spawn("lookup", self._look_up())
        return await asyncio.shield(self._lookup)

    async def _look_up(self) -> Found:
        loop = asyncio.get_running_loop()
        try:
            infos = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as error:
            return error
        return [str(info[4][0]) for info in infos] or OSError("the name has no address")
