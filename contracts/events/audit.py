"""Something was governed."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import GuildId, Snowflake, UserId
from contracts.intents import Intent
from contracts.objects.audit import AuditAction, AuditChange, AuditEntry
from contracts.permissions import Permission


class GuildAuditLogEntryCreate(Event, AuditEntry):
    """An entry was written into the audit log."""

    dispatch = "GUILD_AUDIT_LOG_ENTRY_CREATE"
    intent = Intent.GUILD_MODERATION
    needs = Permission.VIEW_AUDIT_LOG

    guild_id: GuildId

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild: it is for those who may read the whole log."""
        return Route(guild_id=self.guild_id)


class Governed(Event):
    """Inside the house: something was governed by another service than the one that keeps the log.
    The entry gets the id of this event, so it is written once, however often it is heard.
    """

    guild_id: GuildId
    actor_id: UserId
    action: AuditAction
    target_id: Snowflake | None
    options: dict[str, str]
    changes: tuple[AuditChange, ...] = ()
    reason: str | None = None
    silence_s: int = 0
    """How long the target is to be silent, which only community_service can see to."""

    def address(self) -> topics.Topic:
        """Where the keeper of the log listens."""
        return topics.DEEDS

    def route(self) -> Route:
        """By guild and by who did it."""
        return Route(guild_id=self.guild_id, author_id=self.actor_id)
