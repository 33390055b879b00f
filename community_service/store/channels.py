"""Channels and their overwrites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from chassis.sql import among, unnested
from community_service.domain.channels import Channel
from community_service.tables import channels, overwrites
from community_service.tools import Unit
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType

_NAMES = [field.name for field in fields(Channel) if field.name != "overwrites"]

_one = func.jsonb_build_array(
    overwrites.c.target_id, overwrites.c.type, overwrites.c.allow, overwrites.c.deny
)
_all = (
    select(func.jsonb_agg(aggregate_order_by(_one, overwrites.c.target_id)))
    .where(overwrites.c.channel_id == channels.c.id)
    .correlate(channels)
    .scalar_subquery()
)

columns: Sequence[ColumnElement[Any]] = (
    *(channels.c[name].label(f"channel_{name}") for name in _NAMES),
    _all.label("channel_overwrites"),
)
"""What `read` needs in a row."""


def read(row: Row[Any]) -> Channel:
    """The channel in a row that has `columns`."""
    values = {name: row._mapping[f"channel_{name}"] for name in _NAMES}
    values["type"] = ChannelType(values["type"])
    rules = tuple(
        ChannelOverwrite(id=target, type=OverwriteType(kind), allow=allow, deny=deny)
        for target, kind, allow, deny in row.channel_overwrites or ()
    )
    return Channel(**values, overwrites=rules)


async def of_guild(unit: Unit, guild_id: int, limit: int) -> list[Channel]:
    """All channels with their overwrites, by position."""
    found = select(*columns).where(channels.c.guild_id == guild_id)
    ordered = found.order_by(channels.c.position, channels.c.id).limit(limit)
    return [read(row) for row in await unit.all(ordered)]


async def by_id(unit: Unit, channel_id: int) -> Channel | None:
    """A channel, whoever asks."""
    row = await unit.one(select(*columns).where(channels.c.id == channel_id))
    return read(row) if row else None


async def by_ids(unit: Unit, channel_ids: Sequence[int]) -> list[Channel]:
    """Some channels, whoever asks."""
    found = select(*columns).where(among(channels.c.id, channel_ids))
    return [read(row) for row in await unit.all(found)]


async def guild_of(unit: Unit, channel_id: int) -> int | None:
    """The guild that a channel belongs to."""
    found: int | None = await unit.scalar(
        select(channels.c.guild_id).where(channels.c.id == channel_id)
    )
    return found


async def in_category(unit: Unit, category_id: int) -> list[Channel]:
    """The channels of a category."""
    found = select(*columns).where(channels.c.parent_id == category_id)
    return [read(row) for row in await unit.all(found.order_by(channels.c.id))]


async def census(unit: Unit, guild_id: int, parent_id: int | None) -> tuple[int, int, int]:
    """How many channels the guild has, how many beside each other there, and the position after
    the last of these.
    """
    siblings = channels.c.parent_id.is_not_distinct_from(parent_id)
    after = func.coalesce(func.max(channels.c.position).filter(siblings) + 1, 0)
    beside = func.count().filter(siblings)
    found = select(func.count().label("total"), beside.label("beside"), after.label("after"))
    row = (await unit.all(found.where(channels.c.guild_id == guild_id)))[0]
    return row.total, row.beside, row.after


async def count_overwrites(unit: Unit, guild_id: int) -> int:
    """How many overwrites the channels of a guild have together."""
    found = select(func.count()).select_from(
        overwrites.join(channels, channels.c.id == overwrites.c.channel_id)
    )
    return int(await unit.scalar(found.where(channels.c.guild_id == guild_id)))


async def own_of(unit: Unit, guild_id: int, channel_ids: Sequence[int]) -> set[int]:
    """Those of the named channels that belong to the guild."""
    found = select(channels.c.id).where(
        channels.c.guild_id == guild_id, among(channels.c.id, channel_ids)
    )
    return {row.id for row in await unit.all(found)}


async def add(unit: Unit, made: Sequence[Channel]) -> None:
    """Keep new channels; categories come before what is in them."""
    rows = [{name: getattr(channel, name) for name in _NAMES} for channel in made]
    await unit.run(insert(channels), rows)
    await _add_overwrites(unit, made)


async def change(unit: Unit, channel: Channel) -> None:
    """Set a channel to what it is now, but for its overwrites."""
    values = {name: getattr(channel, name) for name in _NAMES if name not in {"id", "guild_id"}}
    await unit.run(update(channels).where(channels.c.id == channel.id).values(values))


async def place(unit: Unit, moved: Sequence[Channel]) -> None:
    """Set positions and categories of channels, however many, in one statement."""
    given = unnested(
        ("id", BigInteger, [channel.id for channel in moved]),
        ("position", Integer, [channel.position for channel in moved]),
        ("parent_id", BigInteger, [channel.parent_id for channel in moved]),
    )
    values = {"position": given.c.position, "parent_id": given.c.parent_id}
    await unit.run(update(channels).where(channels.c.id == given.c.id).values(values))


async def cover(unit: Unit, covered: Sequence[Channel]) -> None:
    """Set the overwrites of channels, however many, to what they are now."""
    ids = [channel.id for channel in covered]
    await unit.run(delete(overwrites).where(among(overwrites.c.channel_id, ids)))
    await _add_overwrites(unit, covered)


async def remove(unit: Unit, channel_id: int) -> list[Channel]:
    """Delete a channel; those that were in it (a category) stand by themselves and are returned."""
    freed = (
        update(channels)
        .where(channels.c.parent_id == channel_id)
        .values(parent_id=None)
        .returning(*columns)
    )
    children = sorted((read(row) for row in await unit.all(freed)), key=lambda child: child.id)
    await unit.run(delete(channels).where(channels.c.id == channel_id))
    return children


async def forget_targets(
    unit: Unit, guild_id: int, targets: Sequence[int], limit: int
) -> list[Channel]:
    """Drop every overwrite about these roles and members; the channels concerned, as they are
    afterwards.
    """
    of_guild_ = select(channels.c.id).where(channels.c.guild_id == guild_id)
    dropped = (
        delete(overwrites)
        .where(among(overwrites.c.target_id, targets), overwrites.c.channel_id.in_(of_guild_))
        .returning(overwrites.c.channel_id)
    )
    concerned = {row.channel_id for row in await unit.all(dropped)}
    if not concerned:
        return []
    found = select(*columns).where(among(channels.c.id, concerned)).order_by(channels.c.id)
    return [read(row) for row in await unit.all(found.limit(limit))]


async def _add_overwrites(unit: Unit, made: Sequence[Channel]) -> None:
    rows = [
        {
            "channel_id": channel.id,
            "target_id": int(one.id),
            "type": int(one.type),
            "allow": one.allow,
            "deny": one.deny,
        }
        for channel in made
        for one in channel.overwrites
    ]
    if rows:
        await unit.run(insert(overwrites), rows)
