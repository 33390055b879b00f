"""Stages that are open, and what is said of voice channels."""

from __future__ import annotations

from redis.asyncio import Redis

from contracts import topics
from contracts.objects.voice import StageInstance
from signaling_service.store.texts import pair, text


class Stages:
    """By guild and channel."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def within(self, guild_id: int) -> list[StageInstance]:
        """Those that are open in a guild."""
        found = await self._redis.hvals(topics.voice_stages_key(guild_id))
        return [StageInstance.model_validate_json(raw) for raw in found]

    async def one(self, guild_id: int, channel_id: int) -> StageInstance | None:
        """The one that is open in a channel."""
        raw = await self._redis.hget(topics.voice_stages_key(guild_id), str(channel_id))
        return StageInstance.model_validate_json(raw) if raw is not None else None

    async def open(self, stage: StageInstance) -> bool:
        """False: one is open there."""
        # Listed before it is kept: a crash in between leaves a name too many, never one too few.
        await self._redis.sadd(topics.VOICE_STAGES_KEY, f"{stage.guild_id}:{stage.channel_id}")
        key = topics.voice_stages_key(stage.guild_id)
        return bool(await self._redis.hsetnx(key, str(stage.channel_id), stage.encode()))

    async def change(self, stage: StageInstance) -> None:
        """It is otherwise now."""
        key = topics.voice_stages_key(stage.guild_id)
        await self._redis.hset(key, str(stage.channel_id), stage.encode())

    async def close(self, guild_id: int, channel_id: int) -> bool:
        """False: it was closed already."""
        key = topics.voice_stages_key(guild_id)
        was_open = bool(await self._redis.hdel(key, str(channel_id)))
        await self._redis.srem(topics.VOICE_STAGES_KEY, f"{guild_id}:{channel_id}")
        return was_open

    async def all(self) -> list[tuple[int, int]]:
        """Guild and channel of each that may be open."""
        return [pair(name) for name in await self._redis.smembers(topics.VOICE_STAGES_KEY)]


class Statuses:
    """Texts of voice channels, while somebody is there."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def one(self, guild_id: int, channel_id: int) -> str | None:
        """What is said of a channel."""
        raw = await self._redis.hget(topics.voice_statuses_key(guild_id), str(channel_id))
        return text(raw) if raw is not None else None

    async def put(self, guild_id: int, channel_id: int, status: str | None) -> bool:
        """Say something else of it, or nothing. False: that was so already."""
        key, name = topics.voice_statuses_key(guild_id), str(channel_id)
        if status is None:
            return bool(await self._redis.hdel(key, name))
        former = await self.one(guild_id, channel_id)
        await self._redis.hset(key, name, status)
        return former != status
