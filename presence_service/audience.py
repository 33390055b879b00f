"""Who is told of a person: the guilds they are in, and their friends; asked for many at once, and
remembered for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from chassis.clock import Clock
from chassis.rpc.client import Calls
from contracts.errors import Unavailable
from contracts.ids import GuildId, UserId
from contracts.limits import ARRIVALS_ASKED
from contracts.rpc.community import GetWhereabouts, PersonSeen
from contracts.rpc.users import GetFriends

T = TypeVar("T")
Answers = Mapping[UserId, tuple[T, ...]]

_MOST = 50_000


class Around(NamedTuple):
    """Where somebody is announced."""

    guilds: tuple[GuildId, ...]
    friends: tuple[UserId, ...]


class _Remembered(Generic[T]):
    """A neighbour's answers, kept for some seconds."""

    def __init__(
        self,
        ask: Callable[[tuple[UserId, ...]], Awaitable[Answers[T]]],
        clock: Clock,
        keep_s: float,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._keep_s = keep_s
        self._known: dict[UserId, tuple[float, tuple[T, ...]]] = {}
        self._turn = 0

    async def of(
        self, user_ids: Sequence[UserId], *, is_fresh: bool
    ) -> dict[UserId, tuple[T, ...]]:
        now = self._clock.monotonic()
        found: dict[UserId, tuple[T, ...]] = {}
        for user_id in user_ids if not is_fresh else ():
            known = self._known.get(user_id)
            if known is not None and now - known[0] < self._keep_s:
                found[user_id] = known[1]
        missing = [user_id for user_id in user_ids if user_id not in found]
        for start in range(0, len(missing), ARRIVALS_ASKED):
            found |= await self._asked(tuple(missing[start : start + ARRIVALS_ASKED]), now)
        return found

    async def _asked(self, some: tuple[UserId, ...], now: float) -> dict[UserId, tuple[T, ...]]:
        turn = self._turn
        answers = await self._ask(some)
        found = {user_id: answers.get(user_id, ()) for user_id in some}
        if turn == self._turn:  # else perhaps as it was before what was forgotten changed
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known |= {user_id: (now, answer) for user_id, answer in found.items()}
        return found

    def forget(self, *user_ids: UserId) -> None:
        """Ask anew about these; without any, about everybody."""
        self._turn += 1
        for user_id in user_ids or tuple(self._known):
            self._known.pop(user_id, None)

    def last(self, user_ids: Sequence[UserId]) -> dict[UserId, tuple[T, ...]]:
        """However old; about whom nothing is known is left out."""
        return {one: self._known[one][1] for one in user_ids if one in self._known}


class Audience:
    """What community_service and user_service say. `is_fresh` asks anew."""

    def __init__(self, calls: Calls, clock: Clock, *, keep_s: float) -> None:
        self._calls = calls
        self._guilds = _Remembered(self._ask_guilds, clock, keep_s)
        self._friends = _Remembered(self._ask_friends, clock, keep_s)

    async def of(self, user_ids: Sequence[UserId], *, is_fresh: bool) -> dict[UserId, Around]:
        """Around each of them; about whom nobody can tell is left out."""
        if not user_ids:
            return {}
        guilds, friends = await asyncio.gather(
            self._guilds.of(user_ids, is_fresh=is_fresh), self._seen_by(user_ids, is_fresh=is_fresh)
        )
        return {one: Around(guilds[one], friends[one]) for one in user_ids if one in friends}

    async def _seen_by(
        self, user_ids: Sequence[UserId], *, is_fresh: bool
    ) -> dict[UserId, tuple[UserId, ...]]:
        """Friends; while nobody can tell, those known before: guilds must not wait for it."""
        try:
            return await self._friends.of(user_ids, is_fresh=is_fresh)
        except Unavailable:
            return self._friends.last(user_ids)

    def forget_friends(self, *user_ids: UserId) -> None:
        """Their friends are others than before; without any, anybody's may be."""
        self._friends.forget(*user_ids)

    def tell_seen(self, user_id: UserId, *, is_here: bool) -> None:
        """Tell community_service that somebody came or went. If it is away, it asks later."""
        self._calls.cast(PersonSeen(user_id=user_id, is_here=is_here))

    async def _ask_guilds(self, user_ids: tuple[UserId, ...]) -> Answers[GuildId]:
        found = await self._calls.ask(GetWhereabouts(user_ids=user_ids))
        return {one.user_id: one.guild_ids for one in found.people}

    async def _ask_friends(self, user_ids: tuple[UserId, ...]) -> Answers[UserId]:
        found = await self._calls.ask(GetFriends(user_ids=user_ids))
        return {one.user_id: one.friend_ids for one in found.people}
