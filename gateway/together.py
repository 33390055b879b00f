"""One question for many: whoever asks while an answer is awaited shares the next question. A lone
asker waits for nobody, and a storm of them costs a question for every few dozen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from chassis.tasks import Tasks
from contracts.errors import DomainError, ErrorCode, Unavailable

K = TypeVar("K")
V = TypeVar("V")

_AT_ONCE = 2
"""Questions under way; the second is begun when it is as large as it may be."""


Answer = asyncio.Future[tuple[V | None, str]]


class Asked(Generic[V]):
    """An answer that is on its way: to be awaited once, or never. It is the asker's own, so that
    who gives up takes it from nobody else.
    """

    __slots__ = ("_answer",)

    def __init__(self, answer: Answer[V]) -> None:
        self._answer = answer

    def __await__(self) -> Generator[Any, None, V | None]:
        found, trouble = yield from self._answer.__await__()
        if trouble:
            raise Unavailable(message=trouble)
        return found


class Together(Generic[K, V]):
    """Asks one neighbour about one thing. `ask` gets at most `most` keys."""

    def __init__(
        self,
        name: str,
        ask: Callable[[tuple[K, ...]], Awaitable[Mapping[K, V]]],
        tasks: Tasks,
        *,
        most: int,
    ) -> None:
        self._name = name
        self._ask = ask
        self._tasks = tasks
        self._most = most
        self._waiting: dict[K, list[Answer[V]]] = {}
        self._under_way = 0

    def of(self, key: K) -> Asked[V]:
        """What there is about this one, as of now or later; None if there is nothing."""
        asked: Answer[V] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.append(asked)
            return Asked(asked)
        self._waiting[key] = [asked]
        is_full = len(self._waiting) >= self._most
        if not self._under_way or (is_full and self._under_way < _AT_ONCE):
            self._under_way += 1
            self._tasks.spawn(self._name, self._answer())
        return Asked(asked)

    async def _answer(self) -> None:
        # A task begins in the next turn of the loop: whoever waits since this one is in.
        try:
            while self._waiting:
                some = dict(islice(self._waiting.items(), self._most))
                for key in some:
                    del self._waiting[key]
                await self._settle(some)
        finally:
            self._under_way -= 1

    async def _settle(self, some: dict[K, list[Answer[V]]]) -> None:
        found: Mapping[K, V] = {}
        trouble = f"{self._name} was not answered"
        try:
            found = await self._ask(tuple(some))
            trouble = ""
        except (DomainError, TimeoutError, OSError) as error:
            trouble = str(error) or trouble
            if _is_too_much(error) and len(some) > 1:
                # One of them is too much for one answer: the others are not to suffer for it.
                for key, waiting in some.items():
                    await self._settle({key: waiting})
        finally:
            for key, waiting in some.items():
                for asked in waiting:
                    if not asked.done():
                        asked.set_result((found.get(key), trouble))


def _is_too_much(error: Exception) -> bool:
    return isinstance(error, DomainError) and error.error is ErrorCode.INTERNAL
