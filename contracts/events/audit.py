"""Something was governed."""

from __future__ import annotations

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import GuildId
from contracts.intents import Intent
from contracts.objects.audit import AuditEntry
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
