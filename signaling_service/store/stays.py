"""Stays: by place (a hash of user -> stay), by person (their places) and by node (who is on it)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from secrets import token_hex

from redis.asyncio import Redis

from chassis.bus.commands import Script
from chassis.clock import Clock
from contracts import topics
from contracts.errors import Unavailable
from signaling_service.domain.stays import Stay
from signaling_service.store.texts import pair

_TURN_MS = 5_000
"""A change that takes longer is taken over."""
_PATIENCE_S = 3.0
_LOOK_S = 0.02

_SIT = """
local limit, channel, taken = tonumber(ARGV[3]), ARGV[4], 0
if limit > 0 then
  local raw = redis.call('HGETALL', KEYS[1])
  for i = 1, #raw, 2 do
    if raw[i] ~= ARGV[1] and string.find(raw[i + 1], channel, 1, true) then taken = taken + 1 end
  end
  if taken >= limit then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
"""
_END_TURN = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Stays:
    """Who is in voice."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._sit = Script(redis, _SIT)
        self._end_turn = Script(redis, _END_TURN)

    @asynccontextmanager
    async def turn(self, user_id: int) -> AsyncIterator[None]:
        """Change where somebody is; nobody else does so meanwhile, in no process."""
        key, token = topics.voice_turn_key(user_id), token_hex(8)
        until = self._clock.monotonic() + _PATIENCE_S
        while not await self._redis.set(key, token, nx=True, px=_TURN_MS):
            if self._clock.monotonic() > until:
                raise Unavailable(message="somebody else changes this")
            await self._clock.sleep(_LOOK_S)
        try:
            yield
        finally:
            await asyncio.shield(self._end_turn(key, token))

    async def within(self, place_id: int) -> list[Stay]:
        """Everybody in a guild or a conversation."""
        raw = await self._redis.hgetall(topics.voice_place_key(place_id))
        return [Stay.decode(value) for value in raw.values()]

    async def one(self, place_id: int, user_id: int) -> Stay | None:
        """Somebody there."""
        raw = await self._redis.hget(topics.voice_place_key(place_id), str(user_id))
        return Stay.decode(raw) if raw is not None else None

    async def of(self, user_id: int) -> list[Stay]:
        """All stays of a person: a bot may be in many guilds at once."""
        places = await self._redis.smembers(topics.voice_person_key(user_id))
        found = [await self.one(int(place), user_id) for place in places]
        return [stay for stay in found if stay is not None]

    async def on(self, node: str) -> list[Stay]:
        """All stays on a node."""
        named = await self._redis.smembers(topics.voice_node_stays_key(node))
        found = [await self.one(*pair(name)) for name in named]
        return [stay for stay in found if stay is not None and stay.node == node]

    async def put(self, stay: Stay, *, limit: int = 0) -> bool:
        """Keep a stay as it is now. False: the channel holds `limit` others already."""
        # Listed before it is kept: a crash in between leaves a name too many, never one too few.
        name = f"{stay.place_id}:{stay.user_id}"
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.sadd(topics.voice_node_stays_key(stay.node), name)
            pipe.sadd(topics.voice_person_key(stay.user_id), stay.place_id)
            if stay.is_awaited:
                pipe.zadd(topics.VOICE_DUE_KEY, {name: stay.due_ms})
            await pipe.execute()
        return bool(
            await self._sit(
                topics.voice_place_key(stay.place_id),
                *(stay.user_id, stay.encode(), limit, f'"channel_id":{stay.channel_id},'),
            )
        )

    async def remove(self, stay: Stay) -> None:
        """It is over."""
        await self._redis.hdel(topics.voice_place_key(stay.place_id), str(stay.user_id))
        await self.forget(stay)

    async def forget(self, stay: Stay) -> None:
        """Take it off every list but that of its place."""
        name = f"{stay.place_id}:{stay.user_id}"
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.srem(topics.voice_node_stays_key(stay.node), name)
            pipe.srem(topics.voice_person_key(stay.user_id), stay.place_id)
            pipe.zrem(topics.VOICE_DUE_KEY, name)
            await pipe.execute()

    async def moved(self, before: Stay, node: str) -> None:
        """It is on another node now."""
        if before.node != node:
            name = f"{before.place_id}:{before.user_id}"
            await self._redis.srem(topics.voice_node_stays_key(before.node), name)

    async def due(self, now_ms: int, most: int) -> list[tuple[int, int]]:
        """Places and people whose connection was awaited until now."""
        named = await self._redis.zrangebyscore(
            topics.VOICE_DUE_KEY, "-inf", now_ms, start=0, num=most
        )
        return [pair(name) for name in named]

    async def settle_due(self, names: Iterable[tuple[int, int]]) -> None:
        """They need not be looked at any more."""
        settled = [f"{place}:{user}" for place, user in names]
        if settled:
            await self._redis.zrem(topics.VOICE_DUE_KEY, *settled)
