"""What can be done with communities: authorise, change, emit. One file per noun."""

from community_service.actions import (
    arrangement,
    audit,
    bans,
    bots,
    channels,
    discovery,
    emojis,
    guilds,
    invites,
    members,
    neighbours,
    overwrites,
    people,
    presence,
    roles,
    webhooks,
)

__all__ = [
    "arrangement",
    "audit",
    "bans",
    "bots",
    "channels",
    "discovery",
    "emojis",
    "guilds",
    "invites",
    "members",
    "neighbours",
    "overwrites",
    "people",
    "presence",
    "roles",
    "webhooks",
]
