"""Active threads of guilds that are being entered: many guilds in one question."""

from __future__ import annotations

import asyncio
from itertools import islice

from chassis.tasks import Tasks
from contracts.errors import DomainError, Unanswered, Unavailable
from contracts.ids import GuildId
from contracts.limits import ACTIVE_THREADS_OF_GUILDS
from contracts.rpc.chat import ActiveThread, GetActiveThreads
from gateway.live.seams import Asks

Found = list[ActiveThread]


class Active:
    """Asks chat_service for whoever waits at the same moment."""

    def __init__(self, calls: Asks, tasks: Tasks) -> None:
        self._calls = calls
        self._tasks = tasks
        self._waiting: dict[int, asyncio.Future[Found | str]] = {}

    async def of(self, guild_id: int) -> Found:
        """The active threads of one guild."""
        waiting = self._waiting.get(guild_id)
        if waiting is None:
            waiting = self._waiting[guild_id] = asyncio.get_running_loop().create_future()
            if len(self._waiting) == 1:
                self._tasks.spawn("active-threads", self._ask())
        found = await asyncio.shield(waiting)
        if isinstance(found, str):
            raise Unavailable(message=found)
        return found

    async def _ask(self) -> None:
        # A task begins in the next turn of the loop: whoever waits since this one is in.
        while self._waiting:
            some = dict(islice(self._waiting.items(), ACTIVE_THREADS_OF_GUILDS))
            for guild_id in some:
                del self._waiting[guild_id]
            await self._answer(some)

    async def _answer(self, some: dict[int, asyncio.Future[Found | str]]) -> None:
        found: dict[int, Found] = {guild_id: [] for guild_id in some}
        trouble = "active threads were not told"
        try:
            call = GetActiveThreads(guild_ids=tuple(map(GuildId, some)))
            for one in (await self._calls.ask(call)).threads:
                found[int(one.thread.guild_id)].append(one)
            trouble = ""
        except Unanswered:
            trouble = ""  # while releases roll, a neighbour may not know threads
        except DomainError as error:
            trouble = error.message
        finally:
            for guild_id, waiting in some.items():
                if not waiting.done():
                    waiting.set_result(trouble or found[guild_id])
