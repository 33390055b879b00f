"""Hashes passwords with argon2id on a few threads of its own: never on the event loop, and never
more at a time than memory allows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contracts.errors import TooMany

T = TypeVar("T")

_RETRY_AFTER_S = 1.0


class Passwords:
    """A small pool with a bounded queue; whoever comes to a full one is put off."""

    name = "passwords"

    def __init__(self, *, memory_kib: int, passes: int, threads: int, queue: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._threads = threads
        self._most = threads + queue
        self._under_way = 0
        self._pool: ThreadPoolExecutor | None = None
        self._nobodys = ""

    async def start(self) -> None:
        """Start the threads."""
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="passwords")
        self._nobodys = await self.hash("nobody has this one")

    async def stop(self) -> None:
        """End them; what is under way is finished."""
        if self._pool is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)

    def trouble(self) -> str | None:
        """Whether it would put off the next one."""
        return "too many passwords waiting" if self._under_way >= self._most else None

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the one. Without a hash it costs the same, and is not."""
        known = password_hash or self._nobodys
        return await self._run(lambda: self._verify(known, password)) and password_hash is not None

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= self._most:
            raise TooMany(_RETRY_AFTER_S)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._under_way -= 1
