"""What can be done with communities: authorise, change, emit. One file per noun."""

from community_service.actions import (
    bots,
    channels,
    discovery,
    guilds,
    invites,
    members,
    neighbours,
    people,
    presence,
    webhooks,
)

__all__ = [
    "bots",
    "channels",
    "discovery",
    "guilds",
    "invites",
    "members",
    "neighbours",
    "people",
    "presence",
    "webhooks",
]
