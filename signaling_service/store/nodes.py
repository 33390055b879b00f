"""Signaling nodes and the rooms on them: who lives, how full each is, where a channel is spoken."""

from __future__ import annotations

from dataclasses import asdict

import orjson
from redis.asyncio import Redis

from chassis.bus.commands import Script
from contracts import topics
from signaling_service.domain.nodes import Node
from signaling_service.store.texts import text

_CLEARING_MS = 10_000
_PLACE = """
local node = redis.call('GET', KEYS[1])
if node and ARGV[1] ~= node then
  for i = 3, #ARGV do if ARGV[i] == node then return node end end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ARGV[1]
"""


class Nodes:
    """Leases of nodes, and pins of rooms."""

    def __init__(self, redis: Redis, *, keep_room_s: int) -> None:
        self._redis = redis
        self._keep_room_s = keep_room_s
        self._place = Script(redis, _PLACE)

    async def renew(self, node: Node, lease_s: float) -> None:
        """It lives for so long from now on."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(
                topics.voice_node_key(node.name), orjson.dumps(asdict(node)), px=int(lease_s * 1000)
            )
            pipe.sadd(topics.VOICE_NODES_KEY, node.name)
            await pipe.execute()

    async def leave(self, name: str) -> None:
        """It ends of its own will."""
        await self._redis.delete(topics.voice_node_key(name))

    async def one(self, name: str) -> Node | None:
        """A living node."""
        raw = await self._redis.get(topics.voice_node_key(name))
        return Node(**orjson.loads(raw)) if raw is not None else None

    async def all(self) -> tuple[list[Node], list[str]]:
        """Those that live, and the names of those that died and were not cleared away."""
        names = sorted(map(text, await self._redis.smembers(topics.VOICE_NODES_KEY)))
        if not names:
            return [], []
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.get(topics.voice_node_key(name))
            raw = await pipe.execute()
        living = [Node(**orjson.loads(each)) for each in raw if each is not None]
        return living, [name for name, each in zip(names, raw, strict=True) if each is None]

    async def place(self, channel_id: int) -> Node | None:
        """The node of a channel: where it is spoken already, else the one with the fewest."""
        living, _ = await self.all()
        if not living:
            return None
        async with self._redis.pipeline(transaction=False) as pipe:
            for node in living:
                pipe.scard(topics.voice_node_stays_key(node.name))
            people = await pipe.execute()
        ordered = sorted(
            zip(living, people, strict=True),
            key=lambda each: (not each[0].is_open, each[1], each[0].name),
        )
        best = ordered[0][0]
        names = [node.name for node in living]
        chosen = await self._place(
            topics.voice_room_key(channel_id), best.name, self._keep_room_s, *names
        )
        return next((node for node in living if node.name == text(chosen)), best)

    async def keep_rooms(self, name: str, channel_ids: list[int]) -> None:
        """They are spoken here still."""
        if channel_ids:
            async with self._redis.pipeline(transaction=False) as pipe:
                for channel_id in channel_ids:
                    pipe.set(topics.voice_room_key(channel_id), name, ex=self._keep_room_s)
                await pipe.execute()

    async def begin_clearing(self, name: str, by: str) -> bool:
        """Whether it is upon this process to clear a dead node away."""
        key = f"{topics.voice_node_key(name)}:clearing"
        return bool(await self._redis.set(key, by, nx=True, px=_CLEARING_MS))

    async def cleared(self, name: str) -> None:
        """Nothing of a dead node is left."""
        await self._redis.srem(topics.VOICE_NODES_KEY, name)
