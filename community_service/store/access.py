"""The facts about one person in one guild or channel, each in a single statement on fresh rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select

from chassis.sql import among
from community_service.domain import hierarchy
from community_service.domain.access import Standing
from community_service.domain.channels import Channel
from community_service.domain.guilds import Guild
from community_service.domain.hierarchy import Rank
from community_service.store import channels as channel_rows
from community_service.store import guilds as guild_rows
from community_service.tables import channels, guilds, member_roles, members, roles
from community_service.tools import Unit


def _standing(user_id: int) -> Select[Any]:
    held = select(member_roles.c.role_id).where(
        member_roles.c.guild_id == guilds.c.id, member_roles.c.user_id == user_id
    )
    one = func.jsonb_build_array(roles.c.id, roles.c.permissions, roles.c.position)
    theirs = (
        select(func.jsonb_agg(one))
        .where(roles.c.guild_id == guilds.c.id)
        .where(or_(roles.c.id == guilds.c.id, roles.c.id.in_(held)))
        .correlate(guilds)
        .scalar_subquery()
    )
    mine = and_(members.c.guild_id == guilds.c.id, members.c.user_id == user_id)
    return (
        select(
            *guilds.c,
            members.c.joined_at,
            members.c.timed_out_until,
            members.c.flags.label("member_flags"),
            theirs.label("theirs"),
        )
        .select_from(guilds)
        .outerjoin(members, mine)
    )


def _read(unit: Unit, row: Row[Any], user_id: int) -> Standing:
    actor = unit.actor
    is_weak = user_id == actor.user_id and actor.is_weak
    return Standing(
        user_id=user_id,
        owner_id=row.owner_id,
        guild_id=row._mapping[guilds.c.id],
        permissions={role: permissions for role, permissions, _ in row.theirs or ()},
        joined_at=row.joined_at,
        timed_out_until=row.timed_out_until,
        flags=row.member_flags or 0,
        positions={role: position for role, _, position in row.theirs or ()},
        is_held_back=is_weak and row.mfa_level > 0,
    )


async def in_guild(unit: Unit, guild_id: int, user_id: int) -> tuple[Guild, Standing] | None:
    """The guild and how the user stands there, member or not."""
    row = await unit.one(_standing(user_id).where(guilds.c.id == guild_id))
    return (guild_rows.read(row), _read(unit, row, user_id)) if row else None


async def in_channel(
    unit: Unit, channel_id: int, user_id: int
) -> tuple[Channel, Guild, Standing] | None:
    """The channel, its guild, and how the user stands there, member or not."""
    found = (
        _standing(user_id)
        .join(channels, channels.c.guild_id == guilds.c.id)
        .add_columns(*channel_rows.columns)
        .where(channels.c.id == channel_id)
    )
    row = await unit.one(found)
    if row is None:
        return None
    return channel_rows.read(row), guild_rows.read(row), _read(unit, row, user_id)


async def ranks(unit: Unit, guild: Guild, user_ids: Sequence[int]) -> dict[int, Rank]:
    """How high each of these people stands; who is no member is a stranger."""
    one = func.jsonb_build_array(roles.c.id, roles.c.position)
    held = (
        select(func.jsonb_agg(one))
        .select_from(member_roles.join(roles, roles.c.id == member_roles.c.role_id))
        .where(
            member_roles.c.guild_id == members.c.guild_id,
            member_roles.c.user_id == members.c.user_id,
        )
        .correlate(members)
        .scalar_subquery()
    )
    found = select(members.c.user_id, held.label("held")).where(
        members.c.guild_id == guild.id, among(members.c.user_id, user_ids)
    )
    known = {
        row.user_id: hierarchy.of_person(
            row.user_id, row.held or (), guild_id=guild.id, owner_id=guild.owner_id
        )
        for row in await unit.all(found)
    }
    return {user_id: known.get(user_id, hierarchy.STRANGER) for user_id in user_ids}


async def in_guilds(
    unit: Unit, user_id: int, *, before: int | None, after: int | None, limit: int
) -> list[tuple[Guild, Standing]]:
    """A page of the user's guilds by id."""
    page = _standing(user_id).where(members.c.user_id == user_id)
    if after is not None:
        page = page.where(guilds.c.id > after)
    if before is not None:
        page = page.where(guilds.c.id < before)
    is_backwards = before is not None and after is None
    order = guilds.c.id.desc() if is_backwards else guilds.c.id
    rows = await unit.all(page.order_by(order).limit(limit))
    found = [(guild_rows.read(row), _read(unit, row, user_id)) for row in rows]
    return found[::-1] if is_backwards else found
