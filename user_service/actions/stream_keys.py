"""Keys with which a program (OBS, say) goes live in a voice channel, in somebody's name. What they
may do there is settled when one is shown.
"""

from __future__ import annotations

from contracts.errors import Conflict, NotFound
from contracts.events.voice import StreamKeyWithdrawn
from contracts.ids import ChannelId, Snowflake, UserId
from contracts.limits import STREAM_KEYS
from contracts.objects.stream_key import StreamKey
from user_service import store
from user_service.domain import tokens
from user_service.tools import UserUnit

_MARK = "live_"
"""No token of a person looks like this."""


async def make(unit: UserUnit, channel_id: ChannelId) -> StreamKey:
    """One more; its secret is shown this once."""
    user_id = unit.actor.user_id
    await store.accounts.lock(unit, user_id)
    if await store.stream_keys.count(unit, user_id) >= STREAM_KEYS:
        raise Conflict(message=f"At most {STREAM_KEYS} stream keys are kept.")
    key = _MARK + tokens.encode(unit.tools.dice(tokens.SECRET_BYTES))
    made = StreamKey(id=Snowflake(unit.new_id()), channel_id=channel_id, created_at=unit.now)
    await store.stream_keys.add(unit, user_id, made, tokens.fingerprint(key))
    return made.model_copy(update={"key": key})


async def mine(unit: UserUnit) -> list[StreamKey]:
    """One's own, without their secrets."""
    return await store.stream_keys.of(unit, unit.actor.user_id)


async def withdraw(unit: UserUnit, key_id: int) -> None:
    """It lets nobody in any more, and whoever came in by it is out."""
    user_id = unit.actor.user_id
    if not await store.stream_keys.remove(unit, user_id, key_id):
        raise NotFound
    unit.emit(StreamKeyWithdrawn(user_id=user_id, key_id=Snowflake(key_id)))


async def opened(unit: UserUnit, key: str) -> tuple[UserId, StreamKey] | None:
    """Whose key this is."""
    return await store.stream_keys.opened(unit, tokens.fingerprint(key))
