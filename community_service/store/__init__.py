"""Every SQL statement of community_service, one file per noun. Nothing here decides or commits."""

from community_service.store import (
    access,
    audit,
    automod,
    bans,
    channels,
    discovery,
    emojis,
    exports,
    guilds,
    invites,
    members,
    people,
    roles,
    scheduled_events,
    webhooks,
)

__all__ = [
    "access",
    "audit",
    "automod",
    "bans",
    "channels",
    "discovery",
    "emojis",
    "exports",
    "guilds",
    "invites",
    "members",
    "people",
    "roles",
    "scheduled_events",
    "webhooks",
]
