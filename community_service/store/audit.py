"""Entries of the audit log. They are added and expire; nothing changes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, exists, literal, select
from sqlalchemy.dialects.postgresql import insert

from community_service.domain.audit import Entry, Wanted
from community_service.tables import audit_entries, guilds
from community_service.tools import Unit
from contracts.objects.audit import AuditAction, AuditChange


def _row(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {
        "action": int(entry.action),
        "changes": [change.dump() for change in entry.changes],
    }


def _read(row: Row[Any]) -> Entry:
    values = dict(row._mapping)
    changes = tuple(AuditChange.model_validate(one) for one in values.pop("changes"))
    return Entry(**values | {"action": AuditAction(values["action"])}, changes=changes)


async def add(unit: Unit, entries: Sequence[Entry]) -> None:
    """Keep new entries."""
    await unit.run(insert(audit_entries), [_row(entry) for entry in entries])


async def add_once(unit: Unit, entry: Entry) -> bool:
    """Keep an entry. False: it is kept already, or its guild is gone."""
    row = _row(entry)
    values = [literal(row[c.name], c.type).label(c.name) for c in audit_entries.c]
    lives = exists().where(guilds.c.id == entry.guild_id)
    fresh = insert(audit_entries).from_select(
        [c.name for c in audit_entries.c], select(*values).where(lives)
    )
    return await unit.run(fresh.on_conflict_do_nothing()) == 1


async def page(unit: Unit, guild_id: int, wanted: Wanted) -> list[Entry]:
    """Entries, newest first; those that follow `after` in the order in which they were made."""
    table = audit_entries.c
    found = select(audit_entries).where(table.guild_id == guild_id)
    if wanted.actor_id is not None:
        found = found.where(table.actor_id == wanted.actor_id)
    if wanted.target_id is not None:
        found = found.where(table.target_id == wanted.target_id)
    if wanted.action is not None:
        found = found.where(table.action == int(wanted.action))
    if wanted.before is not None:
        found = found.where(table.id < wanted.before)
    if wanted.after is not None:
        found = found.where(table.id > wanted.after)
    is_forward = wanted.after is not None and wanted.before is None
    order = table.id if is_forward else table.id.desc()
    return [_read(row) for row in await unit.all(found.order_by(order).limit(wanted.limit))]


async def forget(unit: Unit, before: int, limit: int) -> int:
    """Delete up to `limit` entries with lesser ids; how many that were."""
    old = select(audit_entries.c.id).where(audit_entries.c.id < before).limit(limit)
    return await unit.run(delete(audit_entries).where(audit_entries.c.id.in_(old)))
