"""Removal of what ended long ago, in batches that hold nobody up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Table, delete, select, tuple_

from user_service.tables import logins, places, proofs, registration_codes, throttles
from user_service.tools import UserUnit


async def logins_ended(unit: UserUnit, before: datetime, limit: int) -> int:
    """Tokens that died before this moment."""
    return await _older(unit, logins, logins.c.ended, before, limit)


async def proofs_expired(unit: UserUnit, before: datetime, limit: int) -> int:
    """Links and tickets that nobody can use."""
    return await _older(unit, proofs, proofs.c.expires, before, limit)


async def codes_expired(unit: UserUnit, before: datetime, limit: int) -> int:
    """Registration codes that let nobody in."""
    return await _older(unit, registration_codes, registration_codes.c.expires, before, limit)


async def throttles_empty(unit: UserUnit, before: datetime, limit: int) -> int:
    """Counts that say nothing any more."""
    return await _older(unit, throttles, throttles.c.empty_at, before, limit)


async def places_left(unit: UserUnit, before: datetime, limit: int) -> int:
    """Places in which somebody has not logged in for long."""
    return await _older(unit, places, places.c.seen, before, limit)


async def _older(
    unit: UserUnit, table: Table, moment: Column[datetime], before: datetime, limit: int
) -> int:
    keys = tuple(table.primary_key.columns)
    old = select(*keys).where(moment < before).limit(limit).with_for_update(skip_locked=True)
    return await unit.run(delete(table).where(tuple_(*keys).in_(old)))
