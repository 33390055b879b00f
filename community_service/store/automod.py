"""Rules of automatic moderation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from chassis.sql import among
from community_service.domain.automod import Rule
from community_service.tables import automod_rules
from community_service.tools import Unit
from contracts.objects.automod import Trigger


def _row(rule: Rule) -> dict[str, Any]:
    return asdict(rule) | {"trigger": int(rule.trigger), "actions": list(rule.actions)}


def _read(row: Row[Any]) -> Rule:
    values = dict(row._mapping)
    for name in ("actions", "exempt_roles", "exempt_channels"):
        values[name] = tuple(values[name])
    return Rule(**values | {"trigger": Trigger(values["trigger"])})


async def of_guild(unit: Unit, guild_id: int) -> list[Rule]:
    """All of a guild, the oldest first."""
    found = select(automod_rules).where(automod_rules.c.guild_id == guild_id)
    return [_read(row) for row in await unit.all(found.order_by(automod_rules.c.id))]


async def about_names(unit: Unit, guild_ids: Collection[int]) -> dict[int, Rule]:
    """The rules about names that are in force, by guild."""
    found = select(automod_rules).where(
        among(automod_rules.c.guild_id, guild_ids),
        automod_rules.c.trigger == Trigger.MEMBER_PROFILE,
        automod_rules.c.enabled,
    )
    return {row.guild_id: _read(row) for row in await unit.all(found)}


async def add(unit: Unit, rule: Rule) -> None:
    """Keep a new rule."""
    await unit.run(insert(automod_rules).values(_row(rule)))


async def change(unit: Unit, rule: Rule) -> None:
    """Keep what a rule is now."""
    await unit.run(update(automod_rules).where(automod_rules.c.id == rule.id).values(_row(rule)))


async def remove(unit: Unit, rule_id: int) -> None:
    """Forget a rule."""
    await unit.run(delete(automod_rules).where(automod_rules.c.id == rule_id))
