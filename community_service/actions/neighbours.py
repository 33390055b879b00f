"""What neighbours are told of guilds. They speak for the house: nothing is hidden from them, and
who may see what is theirs to apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from community_service import store
from community_service.actions import people
from community_service.domain.automod import Rule
from community_service.domain.channels import Channel
from community_service.domain.emojis import Emoji
from community_service.domain.guilds import Guild
from community_service.domain.members import MEMBERSHIPS, Member
from community_service.domain.people import search_key
from community_service.domain.roles import Role
from community_service.domain.scheduled_events import ScheduledEvent
from community_service.tools import Unit, Units
from contracts import limits


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A guild as it is now. `members` is everybody in a small guild, nobody in a large one."""

    guild: Guild
    roles: list[Role]
    emojis: list[Emoji]
    channels: list[Channel]
    member_count: int
    members: list[Member]
    events: list[ScheduledEvent]
    at: datetime


async def snapshot(unit: Unit, guild_id: int) -> Snapshot | None:
    """All of a guild, but for the members of a large one."""
    guild = await store.guilds.by_id(unit, guild_id)
    if guild is None:
        return None
    first = await store.members.page(unit, guild_id, after=0, limit=limits.LARGE_GUILD + 1)
    is_large = len(first) > limits.LARGE_GUILD
    return Snapshot(
        guild,
        await store.roles.of_guild(unit, guild_id, limits.ROLES_PER_GUILD),
        await store.emojis.of_guild(unit, guild_id),
        await store.channels.of_guild(unit, guild_id, limits.CHANNELS_PER_GUILD),
        await store.members.count(unit, guild_id) if is_large else len(first),
        [] if is_large else first,
        await store.scheduled_events.of_guild(unit, guild_id, limits.EVENTS_PLANNED),
        unit.now,
    )


async def facts(
    unit: Unit, guild_id: int
) -> tuple[Guild, list[Role], list[Channel], list[Rule]] | None:
    """What decisions about a guild depend on, but for its members."""
    guild = await store.guilds.by_id(unit, guild_id)
    if guild is None:
        return None
    roles = await store.roles.of_guild(unit, guild_id, limits.ROLES_PER_GUILD)
    channels = await store.channels.of_guild(unit, guild_id, limits.CHANNELS_PER_GUILD)
    rules = await store.automod.of_guild(unit, guild_id)
    return guild, roles, channels, [rule for rule in rules if rule.enabled]


async def memberships(unit: Unit, user_id: int) -> list[Member]:
    """One person in all their guilds."""
    return await store.members.of_user(unit, user_id, MEMBERSHIPS)


async def arrivals(unit: Unit, user_ids: Sequence[int]) -> dict[int, list[Member]]:
    """Several people in all their guilds."""
    return await store.members.of_users(unit, user_ids, MEMBERSHIPS)


async def whereabouts(unit: Unit, user_ids: Sequence[int]) -> dict[int, list[int]]:
    """In which guilds several people are."""
    return await store.members.guilds_of(unit, user_ids, MEMBERSHIPS)


async def mutual(unit: Unit, user_id: int, other_id: int) -> list[tuple[int, str | None]]:
    """Where two people meet, and what the other is called there."""
    return await store.members.mutual(unit, user_id, other_id, limits.GUILDS_PER_USER)


async def members(unit: Unit, guild_id: int, user_ids: list[int]) -> list[Member]:
    """Those of them who are members."""
    return await store.members.by_ids(unit, guild_id, user_ids)


async def page(unit: Unit, guild_id: int, after: int, limit: int) -> list[Member]:
    """Members by user id."""
    return await store.members.page(unit, guild_id, after=after, limit=limit)


async def search(unit: Unit, guild_id: int, query: str, limit: int) -> list[Member]:
    """Members of whom a name begins like this."""
    return await store.members.search(unit, guild_id, search_key(query), limit)


async def locate(unit: Unit, channel_id: int) -> int | None:
    """The guild that a channel belongs to."""
    return await store.channels.guild_of(unit, channel_id)


async def with_fresh_faces(units: Units, found: list[Member], now: datetime) -> list[Member]:
    """The members, with faces that had grown old asked for again, all at once."""
    fresh = await people.refreshed(units, (one.person for one in found), now)
    if not fresh:
        return found
    return [replace(one, person=fresh.get(one.person.user_id, one.person)) for one in found]


async def emoji(unit: Unit, emoji_id: int) -> Emoji | None:
    """A custom emoji, whoever's it is."""
    return await store.emojis.by_id(unit, emoji_id)


async def bots(unit: Unit, guild_id: int) -> list[int]:
    """Bots among the members."""
    return await store.members.bots(unit, guild_id, limits.BOTS_LISTED)


async def roles(unit: Unit, guild_id: int) -> list[Role]:
    """All roles, for who shows some of them."""
    return await store.roles.of_guild(unit, guild_id, limits.ROLES_PER_GUILD)
