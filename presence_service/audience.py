"""Who is told of a person: the guilds they are in, and their friends; remembered for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from chassis.clock import Clock
from chassis.rpc.client import Calls
from contracts.errors import Unavailable
from contracts.ids import GuildId, UserId
from contracts.rpc.community import GetMemberships, PersonSeen
from contracts.rpc.users import GetFriends

T = TypeVar("T")

_MOST = 50_000


class _Remembered(Generic[T]):
    """A neighbour's answers, kept for some seconds."""

    def __init__(
        self, ask: Callable[[UserId], Awaitable[tuple[T, ...]]], clock: Clock, keep_s: float
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._keep_s = keep_s
        self._known: dict[UserId, tuple[float, tuple[T, ...]]] = {}
        self._turn = 0

    async def of(self, user_id: UserId, *, is_fresh: bool) -> tuple[T, ...]:
        now = self._clock.monotonic()
        known = self._known.get(user_id)
        if known is not None and not is_fresh and now - known[0] < self._keep_s:
            return known[1]
        turn = self._turn
        answer = await self._ask(user_id)
        if turn != self._turn:
            return answer  # perhaps as it was before what was forgotten changed
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[user_id] = (now, answer)
        return answer

    def forget(self, *user_ids: UserId) -> None:
        """Ask anew about these; without any, about everybody."""
        self._turn += 1
        for user_id in user_ids or tuple(self._known):
            self._known.pop(user_id, None)

    def last(self, user_id: UserId) -> tuple[T, ...] | None:
        """However old."""
        known = self._known.get(user_id)
        return known[1] if known is not None else None


class Audience:
    """What community_service and user_service say. `is_fresh` asks anew."""

    def __init__(self, calls: Calls, clock: Clock, *, keep_s: float) -> None:
        self._calls = calls
        self._guilds = _Remembered(self._ask_guilds, clock, keep_s)
        self._friends = _Remembered(self._ask_friends, clock, keep_s)

    async def of(
        self, user_id: UserId, *, is_fresh: bool
    ) -> tuple[tuple[GuildId, ...], tuple[UserId, ...]]:
        """Guilds and friends."""
        return await asyncio.gather(
            self.guilds(user_id, is_fresh=is_fresh), self.friends(user_id, is_fresh=is_fresh)
        )

    async def guilds(self, user_id: UserId, *, is_fresh: bool) -> tuple[GuildId, ...]:
        """Where this person is a member."""
        return await self._guilds.of(user_id, is_fresh=is_fresh)

    async def friends(self, user_id: UserId, *, is_fresh: bool) -> tuple[UserId, ...]:
        """Their friends; while nobody can tell, those known before: guilds must not wait for it."""
        try:
            return await self._friends.of(user_id, is_fresh=is_fresh)
        except Unavailable:
            known = self._friends.last(user_id)
            if known is None:
                raise
            return known

    def forget_friends(self, *user_ids: UserId) -> None:
        """Their friends are others than before; without any, anybody's may be."""
        self._friends.forget(*user_ids)

    def tell_seen(self, user_id: UserId, *, is_here: bool) -> None:
        """Tell community_service that somebody came or went. If it is away, it asks later."""
        self._calls.cast(PersonSeen(user_id=user_id, is_here=is_here))

    async def _ask_guilds(self, user_id: UserId) -> tuple[GuildId, ...]:
        answer = await self._calls.ask(GetMemberships(user_id=user_id))
        return tuple(each.guild_id for each in answer.memberships)

    async def _ask_friends(self, user_id: UserId) -> tuple[UserId, ...]:
        return (await self._calls.ask(GetFriends(user_id=user_id))).user_ids
