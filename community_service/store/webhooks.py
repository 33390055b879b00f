"""Webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from chassis.sql import among
from community_service.domain.webhooks import Webhook
from community_service.tables import webhooks
from community_service.tools import Unit

_COLUMNS = [webhooks.c[field.name] for field in fields(Webhook)]


async def add(unit: Unit, webhook: Webhook) -> None:
    """Keep a new webhook."""
    await unit.run(insert(webhooks).values(asdict(webhook)))


async def by_id(unit: Unit, webhook_id: int) -> Webhook | None:
    """A webhook, whoever asks."""
    row = await unit.one(select(*_COLUMNS).where(webhooks.c.id == webhook_id))
    return Webhook(**row._mapping) if row else None


async def by_ids(unit: Unit, guild_id: int, webhook_ids: Iterable[int]) -> list[Webhook]:
    """Those of the named webhooks that belong to the guild."""
    return await _all(unit, webhooks.c.guild_id == guild_id, among(webhooks.c.id, webhook_ids))


async def count(unit: Unit, channel_id: int) -> int:
    """How many a channel has."""
    found = select(func.count()).where(webhooks.c.channel_id == channel_id)
    return int(await unit.scalar(found))


async def of_channel(unit: Unit, channel_id: int) -> list[Webhook]:
    """All that post into a channel."""
    return await _all(unit, webhooks.c.channel_id == channel_id)


async def of_guild(unit: Unit, guild_id: int) -> list[Webhook]:
    """All of a guild."""
    return await _all(unit, webhooks.c.guild_id == guild_id)


async def change(unit: Unit, webhook_id: int, changes: Mapping[str, object]) -> None:
    """Set some fields."""
    await unit.run(update(webhooks).where(webhooks.c.id == webhook_id).values(changes))


async def remove(unit: Unit, webhook_id: int) -> None:
    """Forget a webhook."""
    await unit.run(delete(webhooks).where(webhooks.c.id == webhook_id))


async def _all(unit: Unit, *which: ColumnElement[bool]) -> list[Webhook]:
    found = select(*_COLUMNS).where(*which).order_by(webhooks.c.id)
    return [Webhook(**row._mapping) for row in await unit.all(found)]
