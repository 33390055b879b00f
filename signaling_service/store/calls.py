"""Calls in conversations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from redis.asyncio import Redis

from chassis.bus.commands import Script
from contracts import topics
from signaling_service.domain.calls import Call

_KEEP_S = 86_400
"""A forgotten call lapses after this."""
_TRIES = 20
_CHANGE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


class OngoingCalls:
    """At most one for each conversation."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._change = Script(redis, _CHANGE)

    async def one(self, channel_id: int) -> Call | None:
        """The call there, if there is one."""
        raw = await self._redis.get(topics.call_key(channel_id))
        return Call.decode(raw) if raw is not None else None

    async def some(self, channel_ids: Sequence[int]) -> list[Call]:
        """Those that are under way there."""
        if not channel_ids:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for one in channel_ids:
                pipe.get(topics.call_key(one))
            found = await pipe.execute()
        return [Call.decode(raw) for raw in found if raw is not None]

    async def begin(self, call: Call) -> bool:
        """False: somebody else has begun one."""
        key = topics.call_key(call.channel_id)
        return bool(await self._redis.set(key, call.encode(), nx=True, ex=_KEEP_S))

    async def change(
        self, channel_id: int, change: Callable[[Call], Call]
    ) -> tuple[Call, Call] | None:
        """Before and after; None when there is no call. What others change meanwhile is kept."""
        key = topics.call_key(channel_id)
        for _ in range(_TRIES):
            raw = await self._redis.get(key)
            if raw is None:
                return None
            before = Call.decode(raw)
            after = change(before)
            if await self._change(key, raw, after.encode(), _KEEP_S):
                return before, after
        return None

    async def end(self, channel_id: int) -> Call | None:
        """It is over; None when it was already."""
        raw = await self._redis.getdel(topics.call_key(channel_id))
        return Call.decode(raw) if raw is not None else None
