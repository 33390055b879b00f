"""What is governed here is written into the guild's audit log, which community_service keeps."""

from __future__ import annotations

from chat_service.actions.venues import Venue
from chat_service.tools import Unit
from contracts.events.audit import Governed
from contracts.ids import GuildId, Snowflake, UserId
from contracts.objects.audit import AuditAction, AuditChange


def note(
    unit: Unit,
    venue: Venue,
    action: AuditAction,
    target_id: int,
    *changes: AuditChange,
    **options: int,
) -> None:
    """Have it written down, with the reason of the request. Conversations keep no log."""
    if venue.guild_id is None:
        return
    deed = Governed(
        guild_id=GuildId(venue.guild_id),
        actor_id=UserId(unit.actor.user_id),
        action=action,
        target_id=Snowflake(target_id),
        changes=changes,
        options={name: str(value) for name, value in options.items()},
        reason=unit.reason,
    )
    unit.emit(deed)
