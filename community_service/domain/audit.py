"""The audit log: entries, and what differs between two looks of the same thing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.limits import AUDIT_LOG_DAYS
from contracts.objects.audit import AuditAction, AuditChange, differences
from contracts.objects.channel import OverwriteType
from contracts.wire import JSON, Wire

Changes = tuple[AuditChange, ...]

_NAMED_BY_THE_ENTRY = frozenset({"id", "guild_id", "icon_hash"})
_KEYS = {name: f"{name}_hash" for name in ("avatar", "banner", "icon", "splash")}
"""Fields that clients know by another key in here."""


WEBHOOKS = frozenset(
    {AuditAction.WEBHOOK_CREATE, AuditAction.WEBHOOK_UPDATE, AuditAction.WEBHOOK_DELETE}
)
"""Deeds whose target is a webhook."""
EVENTS = frozenset(
    {
        AuditAction.GUILD_SCHEDULED_EVENT_CREATE,
        AuditAction.GUILD_SCHEDULED_EVENT_UPDATE,
        AuditAction.GUILD_SCHEDULED_EVENT_DELETE,
    }
)
"""Deeds whose target is a scheduled event."""
_ABOUT_OVERWRITES = frozenset(
    {
        AuditAction.CHANNEL_OVERWRITE_CREATE,
        AuditAction.CHANNEL_OVERWRITE_UPDATE,
        AuditAction.CHANNEL_OVERWRITE_DELETE,
    }
)
_OF_A_ROLE = str(int(OverwriteType.ROLE))


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done in a guild."""

    id: int
    guild_id: int
    actor_id: int | None
    """None: the house itself."""
    action: AuditAction
    target_id: int | None
    reason: str | None
    changes: Changes = ()
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def covered_role_id(self) -> int | None:
        """The role whose overwrite it is about; None for all other entries."""
        is_about_one = self.action in _ABOUT_OVERWRITES and self.options["type"] == _OF_A_ROLE
        return int(self.options["id"]) if is_about_one else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries somebody asks for."""

    actor_id: int | None = None
    target_id: int | None = None
    action: AuditAction | None = None
    before: int | None = None
    after: int | None = None
    limit: int = 50


def changes_between(
    before: Wire | None, after: Wire | None, *, without: Collection[str] = ()
) -> Changes:
    """The fields in which two looks of one thing differ, named as clients know them. None: it was
    not there before, or is gone.
    """
    left_out = _NAMED_BY_THE_ENTRY.union(without)
    return differences(_told(before, left_out), _told(after, left_out))


def _told(look: Wire | None, left_out: Collection[str]) -> JSON:
    """What is told of one look. A field is left out before another takes its name."""
    told = look.dump() if look else {}
    return {_KEYS.get(key, key): told[key] for key in told if key not in left_out}


def forgotten_before(now: datetime) -> datetime:
    """Entries from before this moment are not kept."""
    return now - timedelta(days=AUDIT_LOG_DAYS)
