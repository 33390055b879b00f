"""What can be done with communities: authorise, change, emit. One file per noun."""

from community_service.actions import (
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
    people,
    presence,
    roles,
    webhooks,
)

__all__ = [
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
    "people",
    "presence",
    "roles",
    "webhooks",
]
