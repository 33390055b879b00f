"""Communities show themselves to strangers, and are found and entered without an invite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from community_service import store
from community_service.actions.access import access_guild, require
from community_service.actions.members import admit
from community_service.domain.discovery import DISCOVERABLE, Listing, Search, is_category, tidy
from community_service.domain.guilds import Guild, can_be_in_one_more
from community_service.domain.people import Person
from community_service.tools import Unit
from contracts.errors import ErrorCode, NotFound
from contracts.permissions import Permission


async def metadata(unit: Unit, guild_id: int) -> Listing:
    """How a guild is listed, or would be."""
    await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD)
    return await store.discovery.by_guild(unit, guild_id) or Listing(guild_id)


async def describe(unit: Unit, guild_id: int, changes: Mapping[str, Any]) -> Listing:
    """Say what a listed guild is about."""
    await access_guild(unit, guild_id, needs=Permission.MANAGE_GUILD, for_change=True)
    listing = await store.discovery.by_guild(unit, guild_id)
    if listing is None:
        raise NotFound(ErrorCode.UNKNOWN_LISTING)
    changes = dict(changes)
    if "category" in changes:
        require(is_category(changes["category"]))
    if "keywords" in changes:
        changes["keywords"] = tidy(changes["keywords"])
    if changes:
        await store.discovery.change(unit, guild_id, changes)
    return replace(listing, **changes)


async def find(unit: Unit, search: Search) -> tuple[list[tuple[Guild, Listing]], int]:
    """Listed guilds, and how many there are in all."""
    return await store.discovery.find(unit, search)


async def enter(unit: Unit, guild_id: int, person: Person) -> Guild:
    """Become a member of a listed guild. Who is one already stays one."""
    await store.guilds.queue_for(unit, person.user_id)
    guild = await store.guilds.keep_alive(unit, guild_id)
    if guild is None or DISCOVERABLE not in guild.features:
        raise NotFound(ErrorCode.UNKNOWN_GUILD)
    if await admit(unit, guild_id, person) is not None:
        require(can_be_in_one_more(await store.members.count_guilds(unit, person.user_id)))
    return guild


async def recount(unit: Unit, *, after: int, limit: int) -> int | None:
    """Count members of some listed guilds again; the last of them, None at the end."""
    return await store.discovery.recount(unit, after=after, limit=limit)
