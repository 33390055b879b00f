"""Keys with which programs go live, found by what is kept of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import ChannelId, Snowflake, UserId
from contracts.objects.stream_key import StreamKey
from user_service.tables import stream_keys, users
from user_service.tools import UserUnit

_AWAKE = (users.c.disabled.is_(None), users.c.deleted.is_(None))


async def add(unit: UserUnit, user_id: UserId, one: StreamKey, key_hash: bytes) -> None:
    """Keep a new one."""
    row = {
        "id": one.id,
        "user_id": user_id,
        "channel_id": one.channel_id,
        "key_hash": key_hash,
        "created": one.created_at,
    }
    await unit.run(insert(stream_keys).values(row))


async def of(unit: UserUnit, user_id: UserId) -> list[StreamKey]:
    """Somebody's, the oldest first."""
    mine = select(stream_keys).where(stream_keys.c.user_id == user_id)
    return [_key(row) for row in await unit.all(mine.order_by(stream_keys.c.id))]


async def count(unit: UserUnit, user_id: UserId) -> int:
    """How many somebody has."""
    mine = select(func.count()).where(stream_keys.c.user_id == user_id)
    return int(await unit.scalar(mine))


async def opened(unit: UserUnit, key_hash: bytes) -> tuple[UserId, StreamKey] | None:
    """Whose it is, while their account is awake."""
    found = (
        select(stream_keys)
        .join(users, users.c.id == stream_keys.c.user_id)
        .where(stream_keys.c.key_hash == key_hash, *_AWAKE)
    )
    row = await unit.one(found)
    return None if row is None else (UserId(row.user_id), _key(row))


async def remove(unit: UserUnit, user_id: UserId, key_id: int) -> bool:
    """It opens nothing any more; False if there is none."""
    mine = (stream_keys.c.user_id == user_id, stream_keys.c.id == key_id)
    return bool(await unit.run(delete(stream_keys).where(*mine)))


async def remove_all(unit: UserUnit, user_id: int) -> None:
    """None of somebody's opens anything any more."""
    await unit.run(delete(stream_keys).where(stream_keys.c.user_id == user_id))


def _key(row: Row[Any]) -> StreamKey:
    return StreamKey(
        id=Snowflake(row.id), channel_id=ChannelId(row.channel_id), created_at=row.created
    )
