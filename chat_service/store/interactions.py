"""What people ask of applications, and the answers that only they see. All of it lives briefly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from chassis.sql import among
from chat_service.domain.interactions import Interaction, State
from chat_service.store import files
from chat_service.store.messages import Message
from chat_service.tables import interactions, whispers
from chat_service.tools import Unit
from contracts import limits
from contracts.objects.interaction import InteractionType

_NAMES = tuple(Interaction.__dataclass_fields__)
_COLUMNS = [interactions.c[name] for name in _NAMES]
_OF_WHISPER = (
    *("id", "channel_id", "author_id", "content", "type", "flags", "created", "edited", "extras"),
)
_LIFE = timedelta(seconds=limits.INTERACTION_LIFE_S)
_BATCH = 500


async def add(unit: Unit, interaction: Interaction) -> None:
    """Somebody asks."""
    values = {name: getattr(interaction, name) for name in _NAMES}
    await unit.run(sa.insert(interactions).values(values))


async def one(unit: Unit, interaction_id: int) -> Interaction | None:
    """What was asked."""
    row = await unit.one(sa.select(*_COLUMNS).where(interactions.c.id == interaction_id))
    return _read(row) if row else None


async def take(unit: Unit, interaction: Interaction, state: State, **also: Any) -> bool:
    """Answer it, if nobody has."""
    changed = sa.update(interactions).where(
        interactions.c.id == interaction.id, interactions.c.state == interaction.state
    )
    return bool(await unit.run(changed.values(state=state, **also)))


async def fail_late(unit: Unit, patience: timedelta) -> list[Interaction]:
    """Give up those that nobody answered in time, some at once."""
    late = (
        sa.select(interactions.c.id)
        .where(interactions.c.state == State.ASKED, interactions.c.created < unit.now - patience)
        .order_by(interactions.c.created)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    failed = sa.update(interactions).where(interactions.c.id.in_(late))
    rows = await unit.all(failed.values(state=State.FAILED).returning(*_COLUMNS))
    return [_read(row) for row in rows]


async def forget_some(unit: Unit) -> bool:
    """Forget what is over, with the answers that only one person saw; whether there may be more."""
    over = (
        sa.select(whispers.c.id, whispers.c.channel_id)
        .where(whispers.c.created < unit.now - _LIFE)
        .limit(_BATCH)
    )
    gone = await unit.all(over)
    for row in gone:
        await files.release(unit, row.channel_id, [row.id])
    if gone:
        ids = [row.id for row in gone]
        await unit.run(sa.delete(whispers).where(among(whispers.c.id, ids)))
    old = sa.select(interactions.c.id).where(interactions.c.created < unit.now - 2 * _LIFE)
    forgotten = sa.delete(interactions).where(interactions.c.id.in_(old.limit(_BATCH)))
    return await unit.run(forgotten) == _BATCH or len(gone) == _BATCH


async def whisper(unit: Unit, user_id: int, message: Message) -> None:
    """Keep an answer that only one person sees."""
    values = {name: getattr(message, name) for name in _OF_WHISPER}
    values["extras"] = sa.null() if message.extras is None else message.extras
    await unit.run(sa.insert(whispers).values(user_id=user_id, **values))


async def whispered(
    unit: Unit, user_id: int, message_id: int, *, for_change: bool = False
) -> Message | None:
    """Such an answer; held until this unit ends, if it is to change."""
    found = sa.select(*(whispers.c[name] for name in _OF_WHISPER)).where(
        whispers.c.id == message_id, whispers.c.user_id == user_id
    )
    row = await unit.one(found.with_for_update() if for_change else found)
    return None if row is None else Message(mention_everyone=False, **row._mapping)


async def whisper_otherwise(unit: Unit, message: Message) -> None:
    """It says something else now."""
    extras: Any = sa.null() if message.extras is None else message.extras
    changed = sa.update(whispers).where(whispers.c.id == message.id)
    await unit.run(
        changed.values(
            content=message.content, flags=message.flags, edited=message.edited, extras=extras
        )
    )


async def unwhisper(unit: Unit, message: Message) -> None:
    """It is taken back."""
    await files.release(unit, message.channel_id, [message.id])
    await unit.run(sa.delete(whispers).where(whispers.c.id == message.id))


def _read(row: Any) -> Interaction:
    found = Interaction(**row._mapping)
    return replace(found, type=InteractionType(found.type), state=State(found.state))
