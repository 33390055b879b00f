"""Calls in conversations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from redis.asyncio import Redis
from redis.exceptions import WatchError

from contracts import topics
from signaling_service.domain.calls import Call

_KEEP_S = 86_400
"""A forgotten call lapses after this."""
_TRIES = 20


class OngoingCalls:
    """At most one for each conversation."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def one(self, channel_id: int) -> Call | None:
        """The call there, if there is one."""
        raw = await self._redis.get(topics.call_key(channel_id))
        return Call.decode(raw) if raw is not None else None

    async def some(self, channel_ids: Sequence[int]) -> list[Call]:
        """Those that are under way there."""
        if not channel_ids:
            return []
        found = await self._redis.mget([topics.call_key(one) for one in channel_ids])
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
            async with self._redis.pipeline(transaction=True) as pipe:
                await pipe.watch(key)
                raw = await pipe.get(key)
                if raw is None:
                    return None
                before = Call.decode(raw)
                after = change(before)
                pipe.multi()  # type: ignore[no-untyped-call]
                pipe.set(key, after.encode(), ex=_KEEP_S)
                try:
                    await pipe.execute()
                except WatchError:
                    continue
                return before, after
        return None

    async def end(self, channel_id: int) -> Call | None:
        """It is over; None when it was already."""
        raw = await self._redis.getdel(topics.call_key(channel_id))
        return Call.decode(raw) if raw is not None else None
