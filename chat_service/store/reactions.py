"""Reactions, and how many there are of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chat_service.domain.emojis import Emoji
from chat_service.store.messages import Message
from chat_service.tables import messages, reaction_kinds, reactions
from chat_service.tools import Unit

_COUNTS = """
SELECT k.message_id, k.emoji_id, k.name, k.animated, k.total, r.user_id IS NOT NULL
FROM reaction_kinds k LEFT JOIN reactions r ON r.channel_id = k.channel_id
  AND r.message_id = k.message_id AND r.emoji = k.emoji AND r.user_id = $3
WHERE (k.channel_id, k.message_id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))
ORDER BY k.message_id, k.began, k.emoji
"""
_WHO = """
SELECT user_id FROM reactions
WHERE channel_id = $1 AND message_id = $2 AND emoji = $3 AND user_id > $4
ORDER BY user_id LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class Count:
    """One emoji under a message, as one reader sees it."""

    emoji: Emoji
    total: int
    is_mine: bool


async def counts(pool: Any, reacted: Sequence[Message], reader_id: int) -> dict[int, list[Count]]:
    """What stands under these messages, oldest kind first."""
    found: dict[int, list[Count]] = {}
    channels, ids = [one.channel_id for one in reacted], [one.id for one in reacted]
    for row in await pool.fetch(_COUNTS, channels, ids, reader_id):
        message_id, emoji_id, name, animated, total, is_mine = row
        count = Count(Emoji(name, emoji_id, animated), total, is_mine)
        found.setdefault(message_id, []).append(count)
    return found


async def who(pool: Any, message: Message, emoji: Emoji, *, after: int, limit: int) -> list[int]:
    """Those who reacted with it, by id."""
    rows = await pool.fetch(_WHO, message.channel_id, message.id, emoji.key, after, limit)
    return [row[0] for row in rows]


async def kinds(unit: Unit, message: Message) -> dict[str, Emoji]:
    """The emojis under a message, by key."""
    kind = reaction_kinds.c
    found = sa.select(kind.emoji, kind.name, kind.emoji_id, kind.animated)
    rows = await unit.all(found.where(*_under(reaction_kinds, message)))
    return {row.emoji: Emoji(row.name, row.emoji_id, row.animated) for row in rows}


async def of(unit: Unit, message: Message, user_id: int) -> list[str]:
    """The keys of emojis that somebody left under a message."""
    mine = sa.select(reactions.c.emoji).where(
        *_under(reactions, message), reactions.c.user_id == user_id
    )
    return [row.emoji for row in await unit.all(mine)]


async def add(unit: Unit, message: Message, emoji: Emoji, user_id: int) -> bool:
    """One more; False if they had reacted with it already."""
    mine = insert(reactions).values(
        channel_id=message.channel_id, message_id=message.id, emoji=emoji.key, user_id=user_id
    )
    if not await unit.run(mine.on_conflict_do_nothing()):
        return False
    kind = insert(reaction_kinds).values(
        channel_id=message.channel_id,
        message_id=message.id,
        emoji=emoji.key,
        emoji_id=emoji.id,
        name=emoji.name,
        animated=emoji.is_animated,
        total=1,
        began=unit.now,
    )
    counted = kind.on_conflict_do_update(
        index_elements=["channel_id", "message_id", "emoji"],
        set_={"total": reaction_kinds.c.total + 1},
    )
    await unit.run(counted)
    if not message.has_reactions:
        await _mark(unit, message, has_reactions=True)
    return True


async def remove(unit: Unit, message: Message, emoji: Emoji, user_id: int) -> bool:
    """One less; False if there was none."""
    mine = sa.delete(reactions).where(
        *_under(reactions, message),
        reactions.c.emoji == emoji.key,
        reactions.c.user_id == user_id,
    )
    if not await unit.run(mine):
        return False
    kind = (*_under(reaction_kinds, message), reaction_kinds.c.emoji == emoji.key)
    await unit.run(sa.update(reaction_kinds).where(*kind).values(total=reaction_kinds.c.total - 1))
    if await unit.run(sa.delete(reaction_kinds).where(*kind, reaction_kinds.c.total <= 0)):
        await _settle(unit, message)
    return True


async def remove_kind(unit: Unit, message: Message, emoji: Emoji) -> bool:
    """All with one emoji; False if there was none."""
    for table in (reactions, reaction_kinds):
        gone = await unit.run(
            sa.delete(table).where(*_under(table, message), table.c.emoji == emoji.key)
        )
    if gone:
        await _settle(unit, message)
    return bool(gone)


async def clear(unit: Unit, message: Message) -> None:
    """All of a message."""
    for table in (reactions, reaction_kinds):
        await unit.run(sa.delete(table).where(*_under(table, message)))
    await _mark(unit, message, has_reactions=False)


async def _settle(unit: Unit, message: Message) -> None:
    if not await kinds(unit, message):
        await _mark(unit, message, has_reactions=False)


async def _mark(unit: Unit, message: Message, *, has_reactions: bool) -> None:
    here = (messages.c.channel_id == message.channel_id, messages.c.id == message.id)
    await unit.run(sa.update(messages).where(*here).values(has_reactions=has_reactions))


def _under(table: sa.Table, message: Message) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.channel_id == message.channel_id, table.c.message_id == message.id
