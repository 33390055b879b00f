"""Changes to messages within a unit: everything but the plain send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from chat_service.store import files, indexing
from chat_service.store.messages import Message, read
from chat_service.tables import HANGING, heads, messages, nonces, slowed
from chat_service.tables.search import findable
from chat_service.tools import Unit

_COLUMNS = (
    messages.c.id,
    messages.c.channel_id,
    messages.c.author_id,
    messages.c.content,
    messages.c.type,
    messages.c.flags,
    messages.c.mention_everyone,
    messages.c.created,
    messages.c.edited,
    messages.c.pinned,
    messages.c.has_reactions,
    messages.c.extras,
)


async def next_id(unit: Unit, channel_id: int) -> int:
    """An id above every other of the channel, which is held until this unit ends."""
    moved = insert(heads).values(channel_id=channel_id, last_message_id=unit.new_id())
    highest = sa.func.greatest(heads.c.last_message_id + 1, moved.excluded.last_message_id)
    upserted = moved.on_conflict_do_update(
        index_elements=["channel_id"], set_={"last_message_id": highest}
    )
    return int(await unit.scalar(upserted.returning(heads.c.last_message_id)))


async def add(unit: Unit, message: Message) -> None:
    """A message with everything it has."""
    values = {column.name: getattr(message, column.name) for column in _COLUMNS}
    # Without this, None would become JSON's null.
    values["extras"] = sa.null() if message.extras is None else message.extras
    await unit.run(sa.insert(messages).values(values))


async def known_nonce(unit: Unit, message: Message, nonce: str) -> int | None:
    """The message that its author sent there with this nonce."""
    found: int | None = await unit.scalar(
        sa.select(nonces.c.message_id).where(
            nonces.c.channel_id == message.channel_id,
            nonces.c.author_id == message.author_id,
            nonces.c.nonce == nonce,
        )
    )
    return found


async def remember_nonce(unit: Unit, message: Message, nonce: str) -> None:
    """The same nonce makes no second message."""
    await unit.run(
        sa.insert(nonces).values(
            channel_id=message.channel_id,
            author_id=message.author_id,
            nonce=nonce,
            message_id=message.id,
            created=message.created,
        )
    )


async def take(unit: Unit, channel_id: int, author_id: int, nonce: str) -> bool:
    """Take a nonce for a message of the house's own; False if another process was first."""
    taken = insert(nonces).values(
        channel_id=channel_id, author_id=author_id, nonce=nonce, message_id=0, created=unit.now
    )
    return bool(await unit.run(taken.on_conflict_do_nothing()))


async def hold(unit: Unit, channel_id: int, message_id: int) -> Message | None:
    """A message that nobody else changes until this unit ends."""
    found = sa.select(*_COLUMNS).where(
        messages.c.channel_id == channel_id, messages.c.id == message_id
    )
    row = await unit.one(found.with_for_update())
    return read(row) if row else None


async def change(unit: Unit, message: Message, **values: Any) -> None:
    """Other content, flags, pins."""
    if "extras" in values and values["extras"] is None:
        values["extras"] = sa.null()
    await unit.run(
        sa.update(messages)
        .where(messages.c.channel_id == message.channel_id, messages.c.id == message.id)
        .values(values)
    )
    await indexing.renew(unit, message.channel_id, message.id)


async def remove(unit: Unit, channel_id: int, message_ids: Sequence[int]) -> list[int]:
    """Delete messages with all that hangs on them; the ids of those that there were.

    Messages are locked before what hangs on them, and in order, as by everybody: no deadlocks.
    """
    here = (messages.c.channel_id == channel_id, among(messages.c.id, message_ids))
    await unit.run(sa.select(messages.c.id).where(*here).order_by(messages.c.id).with_for_update())
    for table in HANGING:
        await unit.run(
            sa.delete(table).where(
                table.c.channel_id == channel_id, among(table.c.message_id, message_ids)
            )
        )
    await files.release(unit, channel_id, message_ids)
    await unit.run(
        sa.delete(findable).where(
            findable.c.channel_id == channel_id, among(findable.c.id, message_ids)
        )
    )
    gone = sa.delete(messages).where(*here)
    return sorted(row[0] for row in await unit.all(gone.returning(messages.c.id)))


async def last_pin(unit: Unit, channel_id: int) -> Any:
    """When something was pinned last that still is."""
    found = sa.select(sa.func.max(messages.c.pinned)).where(
        messages.c.channel_id == channel_id, messages.c.pinned.is_not(None)
    )
    return await unit.scalar(found)


async def count_pins(unit: Unit, channel_id: int) -> int:
    """How many are pinned."""
    found = sa.select(sa.func.count()).where(
        messages.c.channel_id == channel_id, messages.c.pinned.is_not(None)
    )
    return int(await unit.scalar(found))


async def slow_down(unit: Unit, channel_id: int, user_id: int, until: Any) -> Any:
    """Note when somebody may speak again. If they may not yet: when they may; nothing is noted."""
    turn = insert(slowed).values(channel_id=channel_id, user_id=user_id, until=until)
    taken = turn.on_conflict_do_update(
        index_elements=["channel_id", "user_id"],
        set_={"until": turn.excluded.until},
        where=slowed.c.until <= unit.now,
    )
    if await unit.run(taken):
        return None
    return await unit.scalar(
        sa.select(slowed.c.until).where(
            slowed.c.channel_id == channel_id, slowed.c.user_id == user_id
        )
    )
