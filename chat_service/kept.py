"""The connection that the group commit keeps: taking one from a pool and giving it back are turns
of the loop and tasks, between each two batches.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from asyncpg import InterfaceError, InternalClientError

from chassis.db import Database

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]


class Kept:
    """One connection, opened when it is needed and again when it broke."""

    name = "kept"

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    async def start(self) -> None:
        """Nothing yet."""

    async def stop(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.terminate()

    def trouble(self) -> str | None:
        """The database's own probe tells."""
        return None

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Connection]:
        """For one use at a time."""
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = self._connection = await self._database.connect()
        try:
            yield connection
        except (OSError, TimeoutError, InterfaceError, InternalClientError):
            # In which state it is nobody knows.
            self._connection = None
            connection.terminate()
            raise
