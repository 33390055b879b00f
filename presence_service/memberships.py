"""The guilds of a person, remembered for a little while: where a change is to be announced."""

from __future__ import annotations

from chassis.clock import Clock
from chassis.rpc.client import Calls
from contracts.ids import GuildId, UserId
from contracts.rpc.community import GetMemberships, PersonSeen

_MOST = 50_000


class Memberships:
    """community_service's answer, kept for some seconds."""

    def __init__(self, calls: Calls, clock: Clock, *, keep_s: float) -> None:
        self._calls = calls
        self._clock = clock
        self._keep_s = keep_s
        self._known: dict[UserId, tuple[float, tuple[GuildId, ...]]] = {}

    async def of(self, user_id: UserId, *, is_fresh: bool) -> tuple[GuildId, ...]:
        """Where this person is a member; `is_fresh` asks anew."""
        now = self._clock.monotonic()
        known = self._known.get(user_id)
        if known is not None and not is_fresh and now - known[0] < self._keep_s:
            return known[1]
        answer = await self._calls.ask(GetMemberships(user_id=user_id))
        guilds = tuple(each.guild_id for each in answer.memberships)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[user_id] = (now, guilds)
        return guilds

    def tell_seen(self, user_id: UserId, *, is_here: bool) -> None:
        """Tell community_service that somebody came or went. If it is away, it asks later."""
        self._calls.cast(PersonSeen(user_id=user_id, is_here=is_here))
