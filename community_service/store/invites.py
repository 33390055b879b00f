"""Invites."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, not_, or_, select, update

from chassis.sql import among
from community_service.domain.invites import Invite, Terms
from community_service.tables import invites
from community_service.tools import Unit


def _read(row: Row[Any]) -> Invite:
    return Invite(
        code=row.code,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        inviter_id=row.inviter_id,
        terms=Terms(row.max_age, row.max_uses, row.is_temporary),
        uses=row.uses,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


_has_uses = or_(invites.c.max_uses == 0, invites.c.uses < invites.c.max_uses)


def _open(now: datetime) -> Select[Any]:
    has_time = or_(invites.c.expires_at.is_(None), invites.c.expires_at > now)
    return select(invites).where(_has_uses, has_time)


async def add(unit: Unit, invite: Invite) -> None:
    """Keep a new invite."""
    terms = invite.terms
    await unit.run(
        insert(invites).values(
            code=invite.code,
            guild_id=invite.guild_id,
            channel_id=invite.channel_id,
            inviter_id=invite.inviter_id,
            max_age=terms.max_age,
            max_uses=terms.max_uses,
            is_temporary=terms.is_temporary,
            uses=0,
            created_at=invite.created_at,
            expires_at=invite.expires_at,
        )
    )


async def by_code(unit: Unit, code: str) -> Invite | None:
    """An invite, open or not. Codes differ in case."""
    row = await unit.one(select(invites).where(invites.c.code == code))
    return _read(row) if row else None


async def alike(
    unit: Unit, like: Invite, *, ending_after: datetime | None, now: datetime
) -> Invite | None:
    """An open invite of the same person to the same channel on the same terms."""
    found = _open(now).where(
        invites.c.channel_id == like.channel_id,
        invites.c.inviter_id == like.inviter_id,
        invites.c.max_age == like.terms.max_age,
        invites.c.max_uses == like.terms.max_uses,
        invites.c.is_temporary == like.terms.is_temporary,
    )
    if ending_after is not None:
        found = found.where(invites.c.expires_at > ending_after)
    row = await unit.one(found.order_by(invites.c.created_at.desc()).limit(1))
    return _read(row) if row else None


async def of_guild(unit: Unit, guild_id: int, *, now: datetime, limit: int) -> list[Invite]:
    """Open invites, newest first."""
    found = _open(now).where(invites.c.guild_id == guild_id)
    newest = found.order_by(invites.c.created_at.desc(), invites.c.code).limit(limit)
    return [_read(row) for row in await unit.all(newest)]


async def of_channel(unit: Unit, channel_id: int, *, now: datetime, limit: int) -> list[Invite]:
    """Open invites, newest first."""
    found = _open(now).where(invites.c.channel_id == channel_id)
    newest = found.order_by(invites.c.created_at.desc(), invites.c.code).limit(limit)
    return [_read(row) for row in await unit.all(newest)]


async def count(unit: Unit, guild_id: int) -> int:
    """How many invites lead into a guild."""
    return int(await unit.scalar(select(func.count()).where(invites.c.guild_id == guild_id)))


async def use(unit: Unit, code: str, now: datetime) -> int | None:
    """Count one use, if one is left; how many there are now. Two units never get the same last
    one.
    """
    has_time = or_(invites.c.expires_at.is_(None), invites.c.expires_at > now)
    used = (
        update(invites)
        .where(invites.c.code == code, _has_uses, has_time)
        .values(uses=invites.c.uses + 1)
        .returning(invites.c.uses)
    )
    uses: int | None = await unit.scalar(used)
    return uses


async def remove(unit: Unit, code: str) -> None:
    """Delete an invite."""
    await unit.run(delete(invites).where(invites.c.code == code))


async def remove_of(unit: Unit, guild_id: int, inviter_ids: Sequence[int]) -> list[Invite]:
    """Delete every invite into a guild that these people made."""
    mine = invites.c.guild_id == guild_id, among(invites.c.inviter_id, inviter_ids)
    gone = await unit.all(delete(invites).where(*mine).returning(invites))
    return sorted((_read(row) for row in gone), key=lambda invite: invite.code)


async def remove_worn(unit: Unit, now: datetime, limit: int) -> int:
    """Delete up to `limit` invites that let nobody in any more."""
    is_worn = or_(invites.c.expires_at <= now, not_(_has_uses))
    worn = select(invites.c.code).where(is_worn).limit(limit)
    return await unit.run(delete(invites).where(invites.c.code.in_(worn)))
