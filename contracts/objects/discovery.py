"""Communities as strangers find them."""

from __future__ import annotations

from contracts.ids import GuildId
from contracts.wire import Wire


class Category(Wire):
    """What communities can be about, named in the asker's language."""

    id: int
    name: str


class DiscoverableGuild(Wire):
    """A community that strangers may enter."""

    id: GuildId
    name: str
    icon: str | None = None
    banner: str | None = None
    splash: str | None = None
    discovery_splash: str | None = None
    description: str | None = None
    features: tuple[str, ...] = ()
    preferred_locale: str
    primary_category_id: int
    keywords: tuple[str, ...] = ()
    approximate_member_count: int


class Found(Wire):
    """A page of what was looked for."""

    discoverable_guilds: tuple[DiscoverableGuild, ...]
    total: int
    limit: int
    offset: int


class DiscoveryMetadata(Wire):
    """How a community is listed."""

    guild_id: GuildId
    primary_category_id: int
    keywords: tuple[str, ...]
    approximate_member_count: int
